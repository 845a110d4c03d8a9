//! Where things are when nobody says otherwise.

use std::path::{Path, PathBuf};

/// The engine executable: beside the program that runs.
pub fn engine(program: &Path) -> PathBuf {
    let name = format!("grid-node-engine{}", std::env::consts::EXE_SUFFIX);
    program.with_file_name(name)
}

/// The small model that ships with the app, beside the program; in a checkout, the tests' copy.
pub fn practice_model(program: &Path) -> PathBuf {
    const NAME: &str = "kjv-tiny.Q8_0.gguf";
    let beside = program.with_file_name(NAME);
    if beside.is_file() {
        return beside;
    }
    // target/<profile>/grid-node → the checkout.
    let checkout = program.ancestors().nth(3).unwrap_or(program);
    checkout.join("tests/data/models").join(NAME)
}

/// The practice network's own home, apart from everything real. `None` if the system names no data folder.
pub fn practice_home(variable: impl Fn(&str) -> Option<PathBuf>) -> Option<PathBuf> {
    let data = if cfg!(windows) {
        variable("LOCALAPPDATA")
    } else if cfg!(target_os = "macos") {
        variable("HOME").map(|home| home.join("Library/Application Support"))
    } else {
        variable("XDG_DATA_HOME").or_else(|| variable("HOME").map(|home| home.join(".local/share")))
    };
    data.map(|data| data.join("grid-node").join("practice"))
}
