//! Hands and eyes on the real app: its window, its page, its sign in the tray, its questions and its processes.
//!
//! Each run has a home and a session bus of its own, so that runs meet neither each other nor the owner's desktop.

mod accessible;
mod app;
mod bus;
mod dialog;
mod display;
mod home;
mod keys;
mod page;
mod patience;
mod picture;
mod process;
mod start;
mod tray;

pub(crate) use app::App;
pub(crate) use display::{Small, take_focus_away};
pub(crate) use keys::{ENTER, TAB, strike};
pub(crate) use page::Page;
pub(crate) use patience::wait_for;
pub(crate) use picture::keep_screen;
pub(crate) use process::Process;
pub(crate) use start::Start;
