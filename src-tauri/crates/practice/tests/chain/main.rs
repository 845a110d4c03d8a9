//! The practice chain against a real anvil process, and its contracts against what was observed on the real ones.

mod ground;
mod life;
mod proxy;
mod replay;
