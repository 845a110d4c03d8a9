//! The display: which windows are there, and the part of a window manager that closes them.

use std::error::Error;

use x11rb::CURRENT_TIME;
use x11rb::connection::Connection;
use x11rb::protocol::Event;
use x11rb::protocol::xproto::{
    Atom, AtomEnum, ChangeWindowAttributesAux, ClientMessageEvent, ConnectionExt as _, EventMask, InputFocus,
    MapState, Window,
};
use x11rb::rust_connection::RustConnection;

type Answer<T> = Result<T, Box<dyn Error>>;

/// What `WM_CHANGE_STATE` says when a window wants to be an icon.
const ICONIC: u32 = 3;

/// How many windows of these processes can be seen.
pub(super) fn windows_of(processes: &[u32]) -> Answer<usize> {
    let (display, screen) = x11rb::connect(None)?;
    Ok(shown(&display, screen, processes)?.len())
}

/// Asks every visible window of these processes to close, as its close button does; returns how many there were.
pub(super) fn press_close_button(processes: &[u32]) -> Answer<usize> {
    let (display, screen) = x11rb::connect(None)?;
    let (protocols, delete) = (atom(&display, "WM_PROTOCOLS")?, atom(&display, "WM_DELETE_WINDOW")?);
    let windows = shown(&display, screen, processes)?;
    for window in &windows {
        let message = ClientMessageEvent::new(32, *window, protocols, [delete, CURRENT_TIME, 0, 0, 0]);
        // Waited for, because what is still on its way when we leave the display is lost.
        display.send_event(false, *window, EventMask::NO_EVENT, message)?.check()?;
    }
    Ok(windows.len())
}

/// Whether what is typed goes to a window of these processes.
pub(super) fn has_focus(processes: &[u32]) -> Answer<bool> {
    let (display, screen) = x11rb::connect(None)?;
    let windows = shown(&display, screen, processes)?;
    // The focus is often on an invisible child that a toolkit made for it.
    let mut window = display.get_input_focus()?.reply()?.focus;
    while window > u32::from(InputFocus::POINTER_ROOT) && window != display.setup().roots[screen].root {
        if windows.contains(&window) {
            return Ok(true);
        }
        window = display.query_tree(window)?.reply()?.parent;
    }
    Ok(false)
}

/// Takes the focus from whoever has it.
pub(crate) fn take_focus_away() -> Answer<()> {
    let (display, _) = x11rb::connect(None)?;
    display.set_input_focus(InputFocus::NONE, x11rb::NONE, CURRENT_TIME)?.check()?;
    Ok(())
}

/// Hears when a window asks to be made small. It takes a window manager to do it, and there is none.
pub(crate) struct Small {
    display: RustConnection,
    change: Atom,
}

impl Small {
    /// Hears from now on.
    pub(crate) fn listen() -> Answer<Self> {
        let (display, screen) = x11rb::connect(None)?;
        let change = atom(&display, "WM_CHANGE_STATE")?;
        let wanted = ChangeWindowAttributesAux::new().event_mask(EventMask::SUBSTRUCTURE_NOTIFY);
        display.change_window_attributes(display.setup().roots[screen].root, &wanted)?.check()?;
        Ok(Self { display, change })
    }

    /// Whether a window has asked since the last look.
    pub(crate) fn was_asked_for(&self) -> Answer<bool> {
        while let Some(event) = self.display.poll_for_event()? {
            if let Event::ClientMessage(message) = event
                && message.type_ == self.change
                && message.data.as_data32()[0] == ICONIC
            {
                return Ok(true);
            }
        }
        Ok(false)
    }
}

/// The visible windows of these processes. Without a window manager they are the root's own children.
fn shown(display: &RustConnection, screen: usize, processes: &[u32]) -> Answer<Vec<Window>> {
    let process = atom(display, "_NET_WM_PID")?;
    let mut found = Vec::new();
    for window in display.query_tree(display.setup().roots[screen].root)?.reply()?.children {
        // A window may go away while it is asked.
        let Ok(owner) = display.get_property(false, window, process, AtomEnum::CARDINAL, 0, 1)?.reply()
        else {
            continue;
        };
        let Ok(attributes) = display.get_window_attributes(window)?.reply() else { continue };
        let owner = owner.value32().and_then(|mut values| values.next());
        if attributes.map_state == MapState::VIEWABLE && owner.is_some_and(|owner| processes.contains(&owner))
        {
            found.push(window);
        }
    }
    Ok(found)
}

fn atom(display: &RustConnection, name: &str) -> Answer<Atom> {
    Ok(display.intern_atom(false, name.as_bytes())?.reply()?.atom)
}
