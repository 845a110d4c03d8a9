//! The part of a window manager that closes windows.

use std::error::Error;

use x11rb::CURRENT_TIME;
use x11rb::connection::Connection;
use x11rb::protocol::xproto::{
    Atom, AtomEnum, ClientMessageEvent, ConnectionExt as _, EventMask, MapState, Window,
};

/// Asks every visible window of these processes to close, as its close button does; returns how many there were.
pub(super) fn press_close_button(is_wanted: impl Fn(u32) -> bool) -> Result<usize, Box<dyn Error>> {
    let (display, screen) = x11rb::connect(None)?;
    let atom = |name: &str| -> Result<Atom, Box<dyn Error>> {
        Ok(display.intern_atom(false, name.as_bytes())?.reply()?.atom)
    };
    let (protocols, delete) = (atom("WM_PROTOCOLS")?, atom("WM_DELETE_WINDOW")?);
    let process = atom("_NET_WM_PID")?;
    let mut closed = 0;
    for window in windows(&display, display.setup().roots[screen].root)? {
        let owner = display.get_property(false, window, process, AtomEnum::CARDINAL, 0, 1)?.reply()?;
        let owner = owner.value32().and_then(|mut values| values.next());
        let shown = display.get_window_attributes(window)?.reply()?.map_state == MapState::VIEWABLE;
        if shown && owner.is_some_and(&is_wanted) {
            let message = ClientMessageEvent::new(32, window, protocols, [delete, CURRENT_TIME, 0, 0, 0]);
            display.send_event(false, window, EventMask::NO_EVENT, message)?;
            closed += 1;
        }
    }
    display.flush()?;
    Ok(closed)
}

/// The windows at the top: without a window manager they are the root's own children.
fn windows(display: &impl Connection, root: Window) -> Result<Vec<Window>, Box<dyn Error>> {
    Ok(display.query_tree(root)?.reply()?.children)
}
