//! What the app costs while nobody looks: the window closed, its page out of memory, the node waiting for jobs.
//!
//! It prints and judges nothing: a busy machine would make it lie. The practice chain, which only practice has, and
//! the engine with its model stand in lines of their own.

#[cfg(target_os = "linux")]
mod cost;
#[cfg(target_os = "linux")]
#[path = "../../it/desktop/mod.rs"]
#[expect(dead_code, unused_imports, reason = "the tests use more of the hands and eyes than this does")]
mod desktop;
#[cfg(target_os = "linux")]
mod idle;

#[cfg(target_os = "linux")]
#[tokio::main(flavor = "current_thread")]
async fn main() {
    idle::measure().await;
}

#[cfg(not(target_os = "linux"))]
fn main() {}
