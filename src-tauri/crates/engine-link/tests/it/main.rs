//! The link against real processes and real servers: our own engine, llama.cpp's server, and fakes that misbehave.

mod child;
mod detection;
mod fake;
mod faults;
mod gate;
mod jobs;
#[cfg(all(target_os = "linux", target_arch = "x86_64"))]
mod llama;
mod raw;
mod tls;
