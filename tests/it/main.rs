//! Journeys and facts about the whole house, in one test executable.

mod architecture;
#[cfg(target_os = "linux")]
mod window;
