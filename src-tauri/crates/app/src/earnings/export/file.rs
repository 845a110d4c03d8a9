//! A file that is whole or not there.

use std::fs::File;
use std::io::{BufWriter, Write as _};
use std::path::Path;

use tempfile::NamedTempFile;

use super::ExportError;

/// Writes a file beside its place and moves it there when it is whole. On any failure what was there before stays, and
/// nothing else is left.
pub fn into_file<T>(
    path: &Path,
    write: impl FnOnce(&mut BufWriter<File>) -> Result<T, ExportError>,
) -> Result<T, ExportError> {
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty());
    let part = NamedTempFile::new_in(folder.unwrap_or(Path::new(".")))?;
    let mut buffer = BufWriter::new(part.as_file().try_clone()?);
    let written = write(&mut buffer)?;
    buffer.flush()?;
    part.as_file().sync_all()?;
    part.persist(path).map_err(|error| error.error)?;
    Ok(written)
}

#[cfg(test)]
mod tests {
    use std::io;

    use super::*;

    fn names(folder: &Path) -> Vec<String> {
        let entries = folder.read_dir().expect("reads");
        entries.map(|entry| entry.expect("reads").file_name().to_string_lossy().into_owned()).collect()
    }

    #[test]
    fn a_file_is_whole_or_as_it_was() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("jobs.csv");
        let half = into_file(&path, |to| {
            to.write_all(b"half")?;
            Err::<(), _>(io::Error::from(io::ErrorKind::StorageFull).into())
        });
        assert!(matches!(half, Err(ExportError::Io(_))), "{half:?}");
        assert_eq!(names(folder.path()), Vec::<String>::new(), "no half of it is left");
        into_file(&path, |to| Ok(to.write_all(b"whole")?)).expect("writes");
        assert_eq!(std::fs::read(&path).expect("reads"), b"whole");
        let half = into_file(&path, |to| {
            to.write_all(b"half")?;
            Err::<(), _>(io::Error::from(io::ErrorKind::StorageFull).into())
        });
        half.expect_err("the disk is full");
        assert_eq!(
            (std::fs::read(&path).expect("reads"), names(folder.path())),
            (b"whole".to_vec(), vec!["jobs.csv".to_owned()])
        );
    }

    #[test]
    fn a_place_that_is_not_there_is_said_so() {
        let folder = tempfile::tempdir().expect("a folder");
        let gone = folder.path().join("gone").join("jobs.csv");
        assert!(matches!(into_file(&gone, |_| Ok(())), Err(ExportError::Io(_))));
    }
}
