//! Names: given once, after the check, by a process that may die at any line.

use std::process::{Command, Stdio};

use types::{NetworkKind, Sensitive};

use super::*;
use crate::keyfile::{KeyFile, Payload, Strength};
use crate::phrase::Phrase;
use crate::{KeyFolder, RigPassphrase};

const NAME: &str = "wallet.json";
const PASSWORD: &str = "correct horse";

fn password() -> Sensitive<String> {
    Sensitive::new(PASSWORD.to_owned())
}

fn disk(home: &tempfile::TempDir) -> Disk {
    Disk::open(home.path().join("keys"), &[NAME]).expect("a folder")
}

fn names(home: &Path) -> Vec<String> {
    let entries = fs::read_dir(home.join("keys")).expect("a folder").flatten();
    entries.map(|entry| entry.file_name().to_string_lossy().into_owned()).collect()
}

#[test]
fn a_check_that_refuses_leaves_no_name() {
    let home = tempfile::tempdir().expect("a home");
    let disk = disk(&home);
    let refuse = |_: &[u8]| Err::<(), _>(KeyFileError::Damaged("as the test has it"));
    assert!(disk.write_new(&disk.alone(), NAME, b"new", refuse).is_err());
    assert!(names(home.path()).is_empty());
    disk.replace(&disk.alone(), NAME, b"old", |_| Ok(())).expect("writes");
    assert!(disk.replace(&disk.alone(), NAME, b"new", refuse).is_err());
    assert_eq!(disk.read(NAME, 9).expect("readable").as_deref(), Some(&b"old"[..]));
    assert_eq!(names(home.path()), [NAME]);
}

#[test]
fn of_many_who_are_about_to_give_a_name_one_does() {
    // Each with a lock of its own, as processes have; all of them pass the check before anyone gives the name.
    let home = tempfile::tempdir().expect("a home");
    let disks: Vec<Disk> = (0..8).map(|_| disk(&home)).collect();
    let checked = std::sync::Barrier::new(disks.len());
    let write = |number: usize, disk: &Disk| {
        disk.write_new(&disk.alone(), NAME, &[number as u8], |_| {
            checked.wait();
            Ok(number as u8)
        })
    };
    let written: Vec<_> = std::thread::scope(|scope| {
        let write = &write;
        let begin = |(number, disk)| scope.spawn(move || write(number, disk));
        let threads: Vec<_> = disks.iter().enumerate().map(begin).collect();
        threads.into_iter().map(|thread| thread.join().expect("no panic")).collect()
    });
    let winners: Vec<u8> = written.iter().flatten().copied().collect();
    assert_eq!(winners.len(), 1, "{written:?}");
    assert_eq!(written.iter().filter(|one| matches!(one, Err(KeyFileError::Exists))).count(), 7);
    assert_eq!(disks[0].read(NAME, 9).expect("readable"), Some(winners));
    assert_eq!(names(home.path()), [NAME]);
}

#[test]
fn without_links_a_name_that_is_taken_stays_so() {
    let home = tempfile::tempdir().expect("a home");
    let file = |name: &str| home.path().join(name);
    fs::write(file("part"), "new").expect("writes");
    fs::write(file("taken"), "old").expect("writes");
    assert!(matches!(name_without_links(&file("part"), &file("taken")), Err(KeyFileError::Exists)));
    assert_eq!(fs::read(file("taken")).expect("there"), b"old");
    name_without_links(&file("part"), &file("free")).expect("renames");
    assert_eq!(fs::read(file("free")).expect("there"), b"new");
}

#[test]
fn only_a_file_system_without_links_gets_the_next_best() {
    use io::ErrorKind::{NotFound, PermissionDenied, ReadOnlyFilesystem, StorageFull, TimedOut, Unsupported};
    for kind in [Unsupported, PermissionDenied] {
        assert!(means_no_links(&kind.into()), "{kind:?}");
    }
    for kind in [NotFound, ReadOnlyFilesystem, StorageFull, TimedOut] {
        assert!(!means_no_links(&kind.into()), "{kind:?}");
    }
}

#[cfg(unix)]
#[test]
fn a_folder_lies_in_its_parent_however_it_is_named() {
    let check =
        |path: &str, parent: &str| assert_eq!(parent_of(Path::new(path)), Path::new(parent), "{path}");
    check("/home/keys", "/home");
    check("/home/keys/", "/home");
    check("keys", ".");
    check("/", "/");
}

#[cfg(unix)]
#[test]
fn what_somebody_else_put_there_is_not_cleared_away() {
    let home = tempfile::tempdir().expect("a home");
    disk(&home);
    let chance = "00112233445566778899aabbccddeeff";
    let path = |name: &str| home.path().join("keys").join(name);
    let ours = path(&format!("{NAME}.{chance}.part"));
    let others = [
        "wallet.json.part".to_owned(),
        format!("{NAME}.{}.part", &chance[1..]),
        format!("{NAME}.{}.part", chance.to_uppercase()),
        format!("photos.zip.{chance}.part"),
        format!("{chance}.part"),
    ];
    for file in others.iter().map(|name| path(name)).chain([ours.clone()]) {
        fs::write(file, "x").expect("writes");
    }
    let other = "ff112233445566778899aabbccddeeff";
    fs::create_dir(path(&format!("{NAME}.{other}.part"))).expect("a folder");
    let other = "fe112233445566778899aabbccddeeff";
    std::os::unix::fs::symlink("elsewhere", path(&format!("{NAME}.{other}.part"))).expect("a link");
    disk(&home);
    assert!(!ours.exists());
    assert_eq!(names(home.path()).len(), others.len() + 2, "{:?}", names(home.path()));
}

/// Names the moment at which the inner half of the next test dies, and its home.
const MOMENT: &str = "KEYS_DISK_TEST_MOMENT";
const HOME: &str = "KEYS_DISK_TEST_HOME";

fn die_at(moment: &str) {
    let home = PathBuf::from(std::env::var_os(HOME).expect("the outer half names a home"));
    let disk = Disk::open(home.join("keys"), &[NAME]).expect("a folder");
    let (wallet, die) = (wallet_file(), || -> ! { std::process::abort() });
    let _ = match moment {
        "unchecked" => disk.write_new(&disk.alone(), NAME, &wallet, |_| die()),
        "unnamed" => disk.with_part(NAME, &wallet, |_| Ok(()), |_, _| die()),
        _ => disk.with_part(
            NAME,
            &wallet,
            |_| Ok(()),
            |part, target| {
                name_new(part, target)?;
                die()
            },
        ),
    };
}

fn wallet_file() -> Vec<u8> {
    let kind = NetworkKind::Practice;
    let phrase = Phrase::generate().expect("randomness");
    let key = phrase.first_key().expect("a key");
    let payload = Payload { kind, rig: RigPassphrase::generate().expect("randomness"), phrase: Some(phrase) };
    let strength = Strength::practice_only(2);
    KeyFile::seal(&key, Some(&payload), kind, &password(), strength).expect("seals").to_json()
}

#[test]
fn dead_just_before_the_name_there_is_nothing_and_just_after_a_usable_wallet() {
    if let Ok(moment) = std::env::var(MOMENT) {
        return die_at(&moment);
    }
    let (_, test) = module_path!().split_once("::").expect("a crate");
    let test = format!("{test}::dead_just_before_the_name_there_is_nothing_and_just_after_a_usable_wallet");
    for (moment, there) in [("unchecked", false), ("unnamed", false), ("named", true)] {
        let home = tempfile::tempdir().expect("a home");
        let mut inner = Command::new(std::env::current_exe().expect("an executable"));
        inner.args(["--exact", &test, "--nocapture"]).env(MOMENT, moment).env(HOME, home.path());
        let status = inner.stdout(Stdio::null()).stderr(Stdio::null()).status().expect("starts");
        assert!(!status.success(), "it dies");
        let left = names(home.path());
        assert!(left.iter().any(|name| name.ends_with(PART)), "it died in the middle of it: {left:?}");
        assert_eq!(left.contains(&NAME.to_owned()), there, "{moment}");
        let folder = KeyFolder::open(home.path().join("keys"), NetworkKind::Practice, Strength::STANDARD);
        let folder = folder.expect("opens");
        assert_eq!(folder.find().expect("never damaged").is_some(), there, "{moment}");
        if there {
            folder.unlock(&password()).expect("usable");
        } else {
            folder.create(&password()).expect("nothing is in the way");
        }
        assert_eq!(names(home.path()), [NAME], "nothing else is left");
    }
}
