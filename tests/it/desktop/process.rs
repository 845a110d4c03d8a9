//! Processes as Linux shows them.

use std::path::PathBuf;

/// A process that ran when it was looked up.
#[derive(Debug, Clone)]
pub(crate) struct Process {
    folder: PathBuf,
}

/// All that run now.
pub(super) fn processes() -> impl Iterator<Item = Process> {
    let folders = std::fs::read_dir("/proc").into_iter().flatten().flatten().map(|entry| entry.path());
    let is_number =
        |folder: &PathBuf| folder.file_name().is_some_and(|name| name.as_encoded_bytes()[0].is_ascii_digit());
    folders.filter(is_number).map(|folder| Process { folder })
}

impl Process {
    /// Whether it still runs; one that ended and was not yet collected does not.
    pub(crate) fn is_alive(&self) -> bool {
        std::fs::read_link(self.folder.join("exe")).is_ok()
    }

    /// The file name of its executable.
    pub(crate) fn name(&self) -> String {
        let executable = std::fs::read_link(self.folder.join("exe")).unwrap_or_default();
        executable.file_name().unwrap_or_default().to_string_lossy().into_owned()
    }

    pub(super) fn is_named(&self, name: &str) -> bool {
        self.name() == name
    }

    pub(super) fn is_child_of(&self, parent: &Self) -> bool {
        let status = self.read("status");
        let found = status.lines().find_map(|line| line.strip_prefix("PPid:"));
        found.is_some_and(|found| found.trim() == parent.id())
    }

    pub(super) fn has_variable(&self, variable: &str) -> bool {
        let environment = std::fs::read(self.folder.join("environ")).unwrap_or_default();
        environment.split(|byte| *byte == 0).any(|found| found == variable.as_bytes())
    }

    pub(super) fn send(&self, signal: &str) {
        // It may have ended in the meantime, and `kill` would say so.
        let _ = std::process::Command::new("kill").args(["-s", signal, &self.id()]).output();
    }

    /// Its number.
    pub(crate) fn id(&self) -> String {
        self.folder.file_name().unwrap_or_default().to_string_lossy().into_owned()
    }

    /// What the system tells of it in this file.
    pub(crate) fn read(&self, file: &str) -> String {
        std::fs::read_to_string(self.folder.join(file)).unwrap_or_default()
    }
}
