//! A worker name for those who choose none: stable, unique, and silent about the computer's own name.

use std::fs;
use std::io::{self, Write as _};

use types::WorkerName;

use crate::Home;

/// Drawn once for each home.
const FILE: &str = "machine-id";
/// 32 bits: names are unique on the whole Grid, and a taken one is refused in words.
const DIGITS: usize = 8;

/// The name of this home's machine, for example `grid-node-7f3a9c21`. Blocks for a moment.
pub fn machine_name(home: &Home) -> io::Result<WorkerName> {
    let path = home.folder().join(FILE);
    let known = match fs::read_to_string(&path) {
        Ok(text) => name(text.trim()),
        Err(error) if error.kind() == io::ErrorKind::NotFound => None,
        Err(error) => return Err(error),
    };
    if let Some(name) = known {
        return Ok(name);
    }
    let id = format!("{:032x}", rand::random::<u128>());
    let mut file = tempfile::NamedTempFile::new_in(home.folder())?;
    writeln!(file, "{id}")?;
    file.as_file().sync_all()?;
    file.persist(&path)?;
    Ok(name(&id).expect("BUG: 32 hex digits make a name"))
}

/// The name that an id stands for; `None` if it is none.
fn name(id: &str) -> Option<WorkerName> {
    let is_id = id.len() == 32 && id.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'));
    is_id.then(|| WorkerName::new(format!("grid-node-{}", &id[..DIGITS])).ok()).flatten()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_home_keeps_its_name_and_another_has_another() {
        let (one, other) = (tempfile::tempdir().expect("a folder"), tempfile::tempdir().expect("a folder"));
        let (one, other) = (Home::lock(one.path()).expect("free"), Home::lock(other.path()).expect("free"));
        let first = machine_name(&one).expect("a name");
        assert_eq!(machine_name(&one).expect("a name"), first);
        assert_ne!(machine_name(&other).expect("a name"), first);
        let files: Vec<_> = fs::read_dir(one.folder()).expect("reads").flatten().collect();
        assert_eq!(files.len(), 2, "the lock and the id, and nothing half written");
    }

    #[test]
    fn a_name_is_made_of_the_id_alone() {
        let check = |id: &str, expected: Option<&str>| {
            assert_eq!(name(id).as_ref().map(WorkerName::as_str), expected, "{id}");
        };
        check("7f3a9c21000000000000000000000000", Some("grid-node-7f3a9c21"));
        check("7F3A9C21000000000000000000000000", None);
        check("7f3a9c21", None);
        check("", None);
    }

    #[test]
    fn a_damaged_id_is_drawn_anew() {
        let folder = tempfile::tempdir().expect("a folder");
        let home = Home::lock(folder.path()).expect("free");
        fs::write(folder.path().join(FILE), "").expect("writes");
        let drawn = machine_name(&home).expect("a name");
        assert_eq!(machine_name(&home).expect("a name"), drawn);
    }
}
