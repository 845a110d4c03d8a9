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
    data(variable).map(|data| data.join("practice"))
}

/// The home of a node on a Grid that is not practice. `None` if the system names no data folder.
pub fn live_home(variable: impl Fn(&str) -> Option<PathBuf>) -> Option<PathBuf> {
    data(variable).map(|data| data.join("live"))
}

fn data(variable: impl Fn(&str) -> Option<PathBuf>) -> Option<PathBuf> {
    let data = if cfg!(windows) {
        variable("LOCALAPPDATA")
    } else if cfg!(target_os = "macos") {
        variable("HOME").map(|home| home.join("Library/Application Support"))
    } else {
        variable("XDG_DATA_HOME").or_else(|| variable("HOME").map(|home| home.join(".local/share")))
    };
    data.map(|data| data.join("grid-node"))
}

/// The program that runs a practice chain: the named one, the one the chores installed in a checkout, or one on the path.
/// A name that leads nowhere is no answer: whoever named it wants that one.
///
/// Empty and relative places on the path are passed over: they mean whatever folder this program was started in, and that
/// may be a stranger's.
pub fn anvil(program: &Path, variable: impl Fn(&str) -> Option<std::ffi::OsString>) -> Option<PathBuf> {
    if let Some(named) = variable("ANVIL").filter(|named| !named.is_empty()) {
        return Some(PathBuf::from(named)).filter(|named| named.is_file());
    }
    let name = format!("anvil{}", std::env::consts::EXE_SUFFIX);
    // target/<profile>/grid-node-cli → target/anvil.
    let installed = program.ancestors().nth(2).map(|target| target.join("anvil").join(&name));
    let on_path =
        variable("PATH").map(|path| std::env::split_paths(&path).collect::<Vec<_>>()).unwrap_or_default();
    let on_path = on_path.into_iter().filter(|folder| folder.is_absolute()).map(|folder| folder.join(&name));
    let candidates = installed.into_iter().chain(on_path);
    candidates.into_iter().find(|candidate| candidate.is_file())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_named_chain_program_is_taken_or_nothing() {
        let folder = tempfile::tempdir().expect("a folder");
        let checkout = folder.path().join("target");
        let name = format!("anvil{}", std::env::consts::EXE_SUFFIX);
        let installed = checkout.join("anvil").join(&name);
        let on_path = folder.path().join("bin").join(&name);
        for file in [&installed, &on_path] {
            std::fs::create_dir_all(file.parent().expect("a folder")).expect("makes");
            std::fs::write(file, "").expect("writes");
        }
        let program = checkout.join("debug").join("grid-node-cli");
        let find = |named: Option<&Path>, path: Option<&Path>| {
            anvil(&program, |variable| match variable {
                "ANVIL" => named.map(Into::into),
                "PATH" => path.and_then(Path::parent).map(Into::into),
                _ => None,
            })
        };
        assert_eq!(find(Some(&on_path), None), Some(on_path.clone()));
        assert_eq!(find(Some(Path::new("/nowhere/anvil")), Some(&on_path)), None);
        assert_eq!(find(None, Some(&on_path)), Some(installed.clone()));
        std::fs::remove_file(&installed).expect("removes");
        assert_eq!(find(None, Some(&on_path)), Some(on_path));
        assert_eq!(find(None, None), None);
    }

    #[test]
    fn a_chain_program_in_the_present_folder_is_not_on_the_path() {
        // The tests' present folder is the crate's, and cannot be changed without changing it for all of them: what is
        // looked for lies below it, and the path says so in a relative way.
        let folder = tempfile::tempdir_in(".").expect("a folder");
        let name = format!("anvil{}", std::env::consts::EXE_SUFFIX);
        std::fs::write(folder.path().join(&name), "").expect("writes");
        let relative = Path::new(".").join(folder.path().file_name().expect("a name"));
        assert!(relative.join(&name).is_file(), "it is there");
        let find = |places: &[&Path]| {
            let path = std::env::join_paths(places).expect("a path");
            anvil(Path::new("grid-node-cli"), |variable| (variable == "PATH").then(|| path.clone()))
        };
        assert_eq!(find(&[&relative, Path::new("")]), None);
        let absolute = relative.canonicalize().expect("a folder");
        assert_eq!(find(&[Path::new(""), &relative, &absolute]), Some(absolute.join(&name)));
    }
}
