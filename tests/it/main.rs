//! Journeys and facts about the whole house, in one test executable.

mod architecture;

#[cfg(target_os = "linux")]
mod access;
#[cfg(target_os = "linux")]
mod bond;
#[cfg(target_os = "linux")]
mod desktop;
#[cfg(target_os = "linux")]
mod elsewhere;
#[cfg(target_os = "linux")]
mod policy;
#[cfg(target_os = "linux")]
mod resume;
#[cfg(target_os = "linux")]
mod tray;
#[cfg(target_os = "linux")]
mod window;
