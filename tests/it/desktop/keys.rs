//! The keyboard itself: its keys reach whatever window has the focus, the system's own as well.

use std::error::Error;

use x11rb::CURRENT_TIME;
use x11rb::connection::Connection as _;
use x11rb::protocol::xproto::{ConnectionExt as _, KEY_PRESS_EVENT, KEY_RELEASE_EVENT};
use x11rb::protocol::xtest::ConnectionExt as _;

/// What the display calls the keys.
pub(crate) const ENTER: u32 = 0xff0d;
pub(crate) const TAB: u32 = 0xff09;

/// Strikes a key.
pub(crate) fn strike(key: u32) -> Result<(), Box<dyn Error>> {
    let (display, screen) = x11rb::connect(None)?;
    let setup = display.setup();
    let (first, last) = (setup.min_keycode, setup.max_keycode);
    let names = display.get_keyboard_mapping(first, last - first + 1)?.reply()?;
    let mut rows = names.keysyms.chunks(names.keysyms_per_keycode.into());
    let place = rows.position(|row| row.first() == Some(&key)).ok_or("the keyboard has no such key")?;
    let code = first + u8::try_from(place)?;
    for event in [KEY_PRESS_EVENT, KEY_RELEASE_EVENT] {
        display.xtest_fake_input(event, code, CURRENT_TIME, setup.roots[screen].root, 0, 0, 0)?.check()?;
    }
    Ok(())
}
