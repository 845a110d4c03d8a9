//! The engine as its parent sees it: the real executable over pipes, and the library where a pipe shows too little.

mod golden;
mod hostile;
mod process;
mod real_model;
mod rig;
mod speaking;
mod test_models;
mod tokens;
