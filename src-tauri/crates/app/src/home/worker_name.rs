//! The name of this machine on the Grid, for owners who chose none.

use std::io::{self, Write as _};
use std::path::Path;

use types::WorkerName;

/// The file in the home that keeps what was drawn.
const FILE: &str = "worker-id";

/// Drawn once and kept, because a name belongs for good to the account that used it first. It is made of chance alone: the
/// machine's own name would tell strangers about its owner, and is not unique on the Grid.
pub(super) fn kept_or_drawn(home: &Path) -> io::Result<WorkerName> {
    let file = home.join(FILE);
    match std::fs::read_to_string(&file) {
        Ok(id) => name(id.trim()).ok_or_else(|| io::Error::other("worker-id in the home holds no id")),
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            let random = keys::random_hex_128().map_err(io::Error::other)?;
            let id = &random[..8];
            keep(&file, id)?;
            name(id).ok_or_else(|| io::Error::other("BUG: eight hex digits are an id"))
        }
        Err(error) => Err(error),
    }
}

fn name(id: &str) -> Option<WorkerName> {
    let is_id = id.len() == 8 && id.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'));
    is_id.then(|| WorkerName::new(format!("grid-node-{id}")).ok()).flatten()
}

/// Beside it first, then in its place: nothing half written is ever taken for an id.
fn keep(file: &Path, id: &str) -> io::Result<()> {
    let beside = file.with_extension("part");
    let mut part = std::fs::File::create(&beside)?;
    part.write_all(id.as_bytes())?;
    part.sync_all()?;
    std::fs::rename(&beside, file)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_drawn_once_and_differs_from_home_to_home() {
        let homes = [tempfile::tempdir().expect("a home"), tempfile::tempdir().expect("a home")];
        let drawn = |at: usize| kept_or_drawn(homes[at].path()).expect("a name");
        assert_eq!(drawn(0), drawn(0));
        assert_ne!(drawn(0), drawn(1));
        assert!(drawn(0).as_str().starts_with("grid-node-"));
    }

    #[test]
    fn a_damaged_id_is_not_replaced_by_another() {
        let home = tempfile::tempdir().expect("a home");
        std::fs::write(home.path().join(FILE), "7f3").expect("writes");
        assert!(kept_or_drawn(home.path()).is_err(), "the name before is the account's for good");
    }
}
