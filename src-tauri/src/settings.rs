//! What the owner set about this app, in a file of the home: its colours, and whether it practises.

use std::io;
use std::path::{Path, PathBuf};
use std::sync::Mutex;
use std::sync::PoisonError;

use serde::{Deserialize, Serialize};

use crate::dto::Theme;

/// The settings and where they are kept.
pub(crate) struct Settings {
    file: PathBuf,
    kept: Mutex<Kept>,
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
struct Kept {
    theme: Theme,
    live: bool,
}

impl Settings {
    /// Reads them. What cannot be read is as if it was never set, and the file stays until something is set anew.
    pub(crate) fn load(home: &Path) -> Self {
        let file = home.join("window.json");
        let kept = std::fs::read(&file).ok().and_then(|text| {
            let read = serde_json::from_slice(&text);
            read.inspect_err(|error| tracing::warn!(%error, "the window's settings cannot be read")).ok()
        });
        Self { file, kept: Mutex::new(kept.unwrap_or_default()) }
    }

    /// Which colours the owner wants.
    pub(crate) fn theme(&self) -> Theme {
        self.kept.lock().unwrap_or_else(PoisonError::into_inner).theme
    }

    /// Keeps another choice of colours. It counts from now on, even if it cannot be written down.
    pub(crate) fn set_theme(&self, theme: Theme) -> io::Result<()> {
        self.change(|kept| kept.theme = theme)
    }

    /// Whether the node works on a real Grid and not on the practice network.
    pub(crate) fn live(&self) -> bool {
        self.kept.lock().unwrap_or_else(PoisonError::into_inner).live
    }

    /// Keeps where the node works. Where it cannot be written down, the next start practises.
    pub(crate) fn set_live(&self, live: bool) -> io::Result<()> {
        self.change(|kept| kept.live = live)
    }

    fn change(&self, change: impl FnOnce(&mut Kept)) -> io::Result<()> {
        let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        change(&mut kept);
        write(&self.file, &serde_json::to_vec(&*kept)?)
    }
}

/// Beside it first, then in its place: a full disk leaves the old file.
fn write(file: &Path, text: &[u8]) -> io::Result<()> {
    let beside = file.with_extension("json.part");
    if let Some(folder) = file.parent() {
        std::fs::create_dir_all(folder)?;
    }
    let mut part = std::fs::File::create(&beside)?;
    io::Write::write_all(&mut part, text)?;
    // Where the node works is in here: a crash must not leave an empty file under the name.
    part.sync_all()?;
    std::fs::rename(&beside, file)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_set_is_there_the_next_time() {
        let home = tempfile::tempdir().expect("a home");
        let settings = Settings::load(home.path());
        assert_eq!(settings.theme(), Theme::System, "nothing was set");
        settings.set_theme(Theme::Dark).expect("writes");
        assert_eq!(Settings::load(home.path()).theme(), Theme::Dark);
    }

    #[test]
    fn a_damaged_file_is_as_if_nothing_was_set_and_can_be_replaced() {
        let home = tempfile::tempdir().expect("a home");
        std::fs::write(home.path().join("window.json"), "{\"theme\": \"plaid\"").expect("writes");
        let settings = Settings::load(home.path());
        assert_eq!(settings.theme(), Theme::System);
        settings.set_theme(Theme::Light).expect("writes");
        assert_eq!(Settings::load(home.path()).theme(), Theme::Light);
    }

    #[test]
    fn a_choice_that_cannot_be_written_counts_until_the_end() {
        let home = tempfile::tempdir().expect("a home");
        std::fs::create_dir(home.path().join("window.json")).expect("something is in the way");
        let settings = Settings::load(home.path());
        assert!(settings.set_theme(Theme::Dark).is_err(), "it is said that it was not kept");
        assert_eq!(settings.theme(), Theme::Dark);
    }
}
