//! Files that are there completely or not at all.

use std::fs::{self, DirBuilder, File, OpenOptions};
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};

use crate::{KeyFileError, random_hex_128};

/// What is being written ends so. It is never read as anything else, and the next start clears it away.
const PART: &str = ".part";

/// A folder that only its owner can read.
#[derive(Debug)]
pub(crate) struct Disk {
    folder: PathBuf,
    writing: Mutex<()>,
}

/// The right to write: one thread at a time has it.
pub(crate) struct Alone<'a>(#[expect(dead_code, reason = "held, not read")] MutexGuard<'a, ()>);

impl Disk {
    /// Opens the folder or makes it, not what is around it, and clears away parts of files with these names.
    pub(crate) fn open(folder: PathBuf, names: &[&str]) -> Result<Self, KeyFileError> {
        private_folder(&folder).map_err(KeyFileError::io("make the folder for keys"))?;
        clear_parts(&folder, names).map_err(KeyFileError::io("clear away an interrupted write"))?;
        Ok(Self { folder, writing: Mutex::new(()) })
    }

    /// Waits until no other thread writes. Whoever panicked while writing left whole files, as a crash does.
    pub(crate) fn alone(&self) -> Alone<'_> {
        Alone(self.writing.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// The file's bytes; `None` if nothing has this name. A link that leads nowhere has it: its drive may be missing.
    pub(crate) fn read(&self, name: &str, largest: u64) -> Result<Option<Vec<u8>>, KeyFileError> {
        const ATTEMPT: &str = "read a key file";
        let path = self.folder.join(name);
        if !exists(&path).map_err(KeyFileError::io(ATTEMPT))? {
            return Ok(None);
        }
        let mut bytes = Vec::new();
        let file = File::open(path).map_err(KeyFileError::io(ATTEMPT))?;
        file.take(largest + 1).read_to_end(&mut bytes).map_err(KeyFileError::io(ATTEMPT))?;
        if bytes.len() as u64 > largest {
            return Err(KeyFileError::Damaged("it is far too large"));
        }
        Ok(Some(bytes))
    }

    pub(crate) fn must_be_free(&self, name: &str) -> Result<(), KeyFileError> {
        let taken = exists(&self.folder.join(name)).map_err(KeyFileError::io("look for a key file"))?;
        if taken { Err(KeyFileError::Exists) } else { Ok(()) }
    }

    /// Writes a file that must not be there yet. It gets its name after `check` has accepted what is really on disk;
    /// what `check` made of it comes back.
    pub(crate) fn write_new<T>(
        &self,
        _: &Alone<'_>,
        name: &str,
        bytes: &[u8],
        check: impl FnOnce(&[u8]) -> Result<T, KeyFileError>,
    ) -> Result<T, KeyFileError> {
        self.with_part(name, bytes, check, name_new)
    }

    /// Writes a file, in place of the one of this name if there is one.
    pub(crate) fn replace<T>(
        &self,
        _: &Alone<'_>,
        name: &str,
        bytes: &[u8],
        check: impl FnOnce(&[u8]) -> Result<T, KeyFileError>,
    ) -> Result<T, KeyFileError> {
        self.with_part(name, bytes, check, |part, target| {
            fs::rename(part, target).map_err(KeyFileError::io("name the new file"))
        })
    }

    /// Gives a file another name that nobody has, and leaves it there.
    pub(crate) fn set_aside(&self, _: &Alone<'_>, name: &str) -> Result<(), KeyFileError> {
        let path = self.folder.join(name);
        if !exists(&path).map_err(KeyFileError::io("look for a key file"))? {
            return Ok(());
        }
        let aside = self.folder.join(format!("{name}.{}.aside", random_hex_128()?));
        fs::rename(path, aside).map_err(KeyFileError::io("set a key file aside"))?;
        self.settle()
    }

    fn with_part<T>(
        &self,
        name: &str,
        bytes: &[u8],
        check: impl FnOnce(&[u8]) -> Result<T, KeyFileError>,
        give_name: impl FnOnce(&Path, &Path) -> Result<(), KeyFileError>,
    ) -> Result<T, KeyFileError> {
        let part_name = format!("{name}.{}{PART}", random_hex_128()?);
        let part = self.folder.join(&part_name);
        let written = write_and_sync(&part, bytes)
            .map_err(KeyFileError::io("write a key file"))
            .and_then(|()| self.read(&part_name, bytes.len() as u64)?.ok_or(KeyFileError::Absent))
            .and_then(|on_disk| match on_disk == bytes {
                true => check(&on_disk),
                false => Err(KeyFileError::Damaged("it did not read back as it was written")),
            })
            .and_then(|checked| give_name(&part, &self.folder.join(name)).map(|()| checked));
        // Renamed, it is gone already; otherwise the next start would do it.
        let _ = fs::remove_file(&part);
        let checked = written?;
        self.settle()?;
        Ok(checked)
    }

    fn settle(&self) -> Result<(), KeyFileError> {
        sync_names(&self.folder).map_err(KeyFileError::io("make a key file durable"))
    }
}

/// Makes the names in a folder durable. Windows has no such call for folders and journals them itself.
fn sync_names(folder: &Path) -> io::Result<()> {
    if cfg!(unix) { File::open(folder)?.sync_all() } else { Ok(()) }
}

/// Gives what is written a name that nothing has. Unlike a rename, a link never replaces.
fn name_new(part: &Path, target: &Path) -> Result<(), KeyFileError> {
    match fs::hard_link(part, target) {
        Ok(()) => Ok(()),
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => Err(KeyFileError::Exists),
        Err(error) if means_no_links(&error) => name_without_links(part, target),
        Err(error) => Err(KeyFileError::io("name the key file")(error)),
    }
}

/// What file systems without hard links answer: some memory sticks and network drives.
fn means_no_links(error: &io::Error) -> bool {
    // Windows' ERROR_INVALID_FUNCTION has no kind of its own.
    let invalid_function = cfg!(windows) && error.raw_os_error() == Some(1);
    invalid_function || matches!(error.kind(), io::ErrorKind::Unsupported | io::ErrorKind::PermissionDenied)
}

/// The next best: between the look and the rename another process could give the name, and its file would be replaced.
/// Our own threads write one at a time, and the app locks its home.
fn name_without_links(part: &Path, target: &Path) -> Result<(), KeyFileError> {
    if exists(target).map_err(KeyFileError::io("look for a key file"))? {
        return Err(KeyFileError::Exists);
    }
    fs::rename(part, target).map_err(KeyFileError::io("name the key file"))
}

/// Whether anything has this name, a broken link too.
fn exists(path: &Path) -> io::Result<bool> {
    match fs::symlink_metadata(path) {
        Ok(_) => Ok(true),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(false),
        Err(error) => Err(error),
    }
}

fn private_folder(path: &Path) -> io::Result<()> {
    #[cfg_attr(not(unix), expect(unused_mut, reason = "only Unix has modes"))]
    let mut builder = DirBuilder::new();
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    match builder.create(path) {
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists && path.is_dir() => {}
        made => made?,
    }
    // Without this a power cut may take the folder with everything in it. Also if it was there: whoever made it may have
    // come no further.
    sync_names(parent_of(path))?;
    // It may have been there before, with the umask's rights.
    #[cfg(unix)]
    fs::set_permissions(path, std::os::unix::fs::PermissionsExt::from_mode(0o700))?;
    Ok(())
}

fn parent_of(path: &Path) -> &Path {
    match path.parent() {
        Some(parent) if parent.as_os_str().is_empty() => Path::new("."),
        Some(parent) => parent,
        None => path,
    }
}

/// Files of somebody else stay, whatever they are called.
fn clear_parts(path: &Path, names: &[&str]) -> io::Result<()> {
    for entry in fs::read_dir(path)? {
        let entry = entry?;
        if is_part(&entry.file_name().to_string_lossy(), names) && entry.file_type()?.is_file() {
            fs::remove_file(entry.path())?;
        }
    }
    Ok(())
}

fn is_part(file: &str, names: &[&str]) -> bool {
    let Some((name, chance)) = file.strip_suffix(PART).and_then(|file| file.rsplit_once('.')) else {
        return false;
    };
    let hex = chance.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'));
    names.contains(&name) && chance.len() == 32 && hex
}

fn write_and_sync(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let mut file = options.open(path)?;
    file.write_all(bytes)?;
    file.sync_all()
}

#[cfg(test)]
mod tests;
