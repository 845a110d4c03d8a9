//! The Secret Service as it is: gnome-keyring in a session of its own, with a home of its own.
//!
//! Each test runs twice. Outside, it starts a bus and a daemon and runs itself again in there, once for each part;
//! inside, it speaks to that daemon. The library connects once per process, so every part has its own.

use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use keys::{Keyring, KeyringItem, KeyringTrouble, UnlockedBy, WhyTyped, open_rig, open_wallet};
use types::{NetworkKind, Sensitive};

use super::{PASSWORD, given_home, part, practice_folder, text, this_test};

/// How long the daemon may take to own its name, on a busy machine.
const PATIENCE: Duration = Duration::from_secs(30);

/// How long one part may take before it counts as hung. Everything it started is ended then.
const PART_ENDS: &str = "120";

/// What a busy machine may add to the deadlines that a test measures.
const BUSY: Duration = Duration::from_secs(20);

/// $0 is the state of the daemon, the rest the test to run.
const SCRIPT: &str = r#"
case "$0" in
    unlocked) printf 'login password\n' | gnome-keyring-daemon --foreground --unlock --components=secrets & ;;
    locked) gnome-keyring-daemon --foreground --components=secrets </dev/null & ;;
esac
daemon=$!
KEYS_TEST_DAEMON=$daemon "$@"
code=$?
kill -KILL "$daemon"
exit "$code"
"#;

fn must_have(program: &str, package: &str) {
    let found =
        Command::new("sh").args(["-c", &format!("command -v {program}")]).stdout(Stdio::null()).status();
    assert!(
        found.is_ok_and(|status| status.success()),
        "{program} is missing: this test needs the package {package} (apt-get install {package})"
    );
}

/// Runs one part of a test where the daemon is in this state, with homes in `home`.
fn session(state: &str, test: &str, part: &str, home: &Path) {
    must_have("dbus-run-session", "dbus");
    must_have("dbus-send", "dbus");
    must_have("gnome-keyring-daemon", "gnome-keyring");
    let inner = this_test(test, part, home);
    let mut command = Command::new("dbus-run-session");
    command.args(["--", "sh", "-c", SCRIPT, state]).arg(inner.get_program()).args(inner.get_args());
    command.envs(inner.get_envs().filter_map(|(name, value)| Some((name, value?))));
    run_in(command, home);
}

/// Runs one part of a test where there is no bus.
fn no_session(test: &str, part: &str, home: &Path) {
    run_in(this_test(test, part, home), home);
}

fn run_in(command: Command, home: &Path) {
    let runtime = home.join("run");
    std::fs::create_dir_all(&runtime).expect("a folder");
    std::fs::set_permissions(&runtime, std::os::unix::fs::PermissionsExt::from_mode(0o700)).expect("private");
    let mut command = within_deadline(&command);
    command.env("HOME", home).env("XDG_DATA_HOME", home.join("data")).env("XDG_RUNTIME_DIR", runtime);
    command.env("DBUS_SESSION_BUS_ADDRESS", "unix:path=/nowhere/bus");
    for variable in ["DISPLAY", "WAYLAND_DISPLAY", "GNOME_KEYRING_CONTROL"] {
        command.env_remove(variable);
    }
    let output = command.stdin(Stdio::null()).output().expect("starts");
    assert_ne!(output.status.code(), Some(124), "it did not end within {PART_ENDS} seconds");
    let said = String::from_utf8_lossy(&output.stdout);
    let complained = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{said}\n{complained}");
    assert!(said.contains("1 passed"), "the inner half did not run: {said}");
}

/// The same command, ended with all that it started when it takes too long.
fn within_deadline(command: &Command) -> Command {
    must_have("timeout", "coreutils");
    let mut with = Command::new("timeout");
    with.args(["--kill-after=5", PART_ENDS]).arg(command.get_program()).args(command.get_args());
    with.envs(command.get_envs().filter_map(|(name, value)| Some((name, value?))));
    with
}

/// Waits until the daemon owns its name on the bus: only then does it answer.
fn daemon_is_there() {
    let question = "org.freedesktop.DBus.NameHasOwner";
    let ends = Instant::now() + PATIENCE;
    // Nobody sends: it is there to be waited for between two questions.
    let (_open, pause) = std::sync::mpsc::sync_channel::<()>(0);
    while Instant::now() < ends {
        let output = Command::new("dbus-send")
            .args(["--session", "--print-reply", "--dest=org.freedesktop.DBus", "/", question])
            .arg("string:org.freedesktop.secrets")
            .output()
            .expect("dbus-send runs");
        if String::from_utf8_lossy(&output.stdout).contains("boolean true") {
            return;
        }
        let _ = pause.recv_timeout(Duration::from_millis(50));
    }
    panic!("gnome-keyring-daemon did not come up");
}

fn daemon(signal: &str) {
    let pid = std::env::var("KEYS_TEST_DAEMON").expect("the script names it");
    let status = Command::new("kill").args([signal, &pid]).status().expect("kill runs");
    assert!(status.success());
}

fn keyring() -> Keyring {
    Keyring::new(NetworkKind::Practice)
}

fn never(why: WhyTyped) -> Option<Sensitive<String>> {
    panic!("nobody should have to type: {why:?}")
}

fn typed(_: WhyTyped) -> Option<Sensitive<String>> {
    Some(text(PASSWORD))
}

/// The wallet of the home, made if this is the first part.
fn wallet_item(folder: &keys::KeyFolder) -> KeyringItem {
    let found = folder.find().expect("readable");
    let address = match found {
        Some(found) => found.address,
        None => folder.create(&text(PASSWORD)).expect("a wallet").address(),
    };
    KeyringItem::Wallet(address)
}

#[test]
fn an_unlocked_keyring_opens_both_keys_and_keeps_what_it_has() {
    let test = "keyring::an_unlocked_keyring_opens_both_keys_and_keeps_what_it_has";
    let Some(part) = part() else {
        let home = tempfile::tempdir().expect("a home");
        for part in ["keep", "open", "forget"] {
            session("unlocked", test, part, home.path());
        }
        return;
    };
    daemon_is_there();
    let (folder, keyring) = (practice_folder(given_home().join("keys")), keyring());
    let item = wallet_item(&folder);
    match part.as_str() {
        "keep" => {
            let opened = open_wallet(&folder, Some(&keyring), typed).expect("opens");
            assert_eq!(opened.by, UnlockedBy::Password(WhyTyped::NothingKept), "it works and is empty");
            keyring.put(item, &text(PASSWORD)).expect("keeps");
            keyring.put(item, &text(PASSWORD)).expect("keeping it twice is no change");
            let rig = folder.create_rig(opened.key.rig_passphrase()).expect("a rig");
            let passphrase = opened.key.rig_passphrase().text();
            keyring.put(KeyringItem::Rig(rig.address()), passphrase).expect("keeps");
        }
        "open" => {
            assert_eq!(open_wallet(&folder, Some(&keyring), never).expect("opens").by, UnlockedBy::Keyring);
            assert_eq!(open_rig(&folder, Some(&keyring), never).expect("opens").by, UnlockedBy::Keyring);
            assert_eq!(keyring.put(item, &text("another")), Err(KeyringTrouble::Changed));
            let kept = keyring.get(item).expect("works").expect("kept");
            assert_eq!(kept.expose(), PASSWORD, "nothing is overwritten in passing");
            let real = Keyring::new(NetworkKind::Base);
            assert!(real.get(item).expect("works").is_none(), "practice items are not real ones");
        }
        _ => {
            keyring.forget(item).expect("forgets");
            keyring.forget(item).expect("forgetting twice is no fault");
            assert!(keyring.get(item).expect("works").is_none());
        }
    }
}

#[test]
fn a_locked_keyring_is_said_in_time_and_the_password_opens() {
    let test = "keyring::a_locked_keyring_is_said_in_time_and_the_password_opens";
    let Some(part) = part() else {
        let home = tempfile::tempdir().expect("a home");
        session("unlocked", test, "keep", home.path());
        session("locked", test, "locked", home.path());
        session("unlocked", test, "still there", home.path());
        let new_home = tempfile::tempdir().expect("a home without a collection");
        session("locked", test, "locked", new_home.path());
        return;
    };
    daemon_is_there();
    let (folder, keyring) = (practice_folder(given_home().join("keys")), keyring());
    let item = wallet_item(&folder);
    match part.as_str() {
        "keep" => keyring.put(item, &text(PASSWORD)).expect("keeps"),
        "locked" => {
            let begun = Instant::now();
            assert_eq!(keyring.get(item).expect_err("locked"), KeyringTrouble::Locked, "and not empty");
            let opened = open_wallet(&folder, Some(&keyring), typed).expect("opens");
            assert_eq!(opened.by, UnlockedBy::Password(WhyTyped::Trouble(KeyringTrouble::Locked)));
            assert_eq!(KeyringItem::Wallet(opened.key.address()), item, "the wallet that was there");
            assert_eq!(keyring.put(item, &text(PASSWORD)), Err(KeyringTrouble::Locked));
            assert!(begun.elapsed() < 3 * Duration::from_secs(5) + BUSY, "each call keeps its deadline");
        }
        _ => assert_eq!(open_wallet(&folder, Some(&keyring), never).expect("opens").by, UnlockedBy::Keyring),
    }
}

#[test]
fn a_changed_entry_is_reported_and_left_alone() {
    let test = "keyring::a_changed_entry_is_reported_and_left_alone";
    if part().is_none() {
        return session("unlocked", test, "all", tempfile::tempdir().expect("a home").path());
    }
    daemon_is_there();
    let (folder, keyring) = (practice_folder(given_home().join("keys")), keyring());
    let item = wallet_item(&folder);
    keyring.put(item, &text("somebody else's")).expect("keeps");
    let opened = open_wallet(&folder, Some(&keyring), typed).expect("opens");
    assert_eq!(opened.by, UnlockedBy::Password(WhyTyped::Trouble(KeyringTrouble::Changed)));
    assert_eq!(keyring.get(item).expect("works").expect("kept").expose(), "somebody else's");
    keyring.replace(item, &text(PASSWORD)).expect("the owner said so");
    assert_eq!(open_wallet(&folder, Some(&keyring), never).expect("opens").by, UnlockedBy::Keyring);
}

#[test]
fn without_a_bus_the_keyring_is_missing_at_once() {
    let test = "keyring::without_a_bus_the_keyring_is_missing_at_once";
    if part().is_none() {
        return no_session(test, "all", tempfile::tempdir().expect("a home").path());
    }
    let folder = practice_folder(given_home().join("keys"));
    let item = wallet_item(&folder);
    let begun = Instant::now();
    assert_eq!(keyring().get(item).expect_err("no bus"), KeyringTrouble::Missing);
    assert!(begun.elapsed() < BUSY, "nothing to wait for");
    let opened = open_wallet(&folder, Some(&keyring()), typed).expect("opens");
    assert_eq!(opened.by, UnlockedBy::Password(WhyTyped::Trouble(KeyringTrouble::Missing)));
}

#[test]
fn a_keyring_that_hangs_is_given_up_and_never_waited_for() {
    let test = "keyring::a_keyring_that_hangs_is_given_up_and_never_waited_for";
    if part().is_none() {
        // That the inner process ends while a call of it still hangs is half of what is shown.
        return session("unlocked", test, "all", tempfile::tempdir().expect("a home").path());
    }
    daemon_is_there();
    let folder = practice_folder(given_home().join("keys"));
    let keyring = keyring().with_deadline(Duration::from_millis(500));
    let item = wallet_item(&folder);
    daemon("-STOP");
    let begun = Instant::now();
    assert_eq!(keyring.get(item).expect_err("hangs"), KeyringTrouble::TimedOut);
    let waited = begun.elapsed();
    let deadline = Duration::from_millis(500);
    assert!((deadline..deadline + BUSY).contains(&waited), "waited {waited:?}");
    let opened = open_wallet(&folder, Some(&keyring), typed).expect("opens");
    assert_eq!(opened.by, UnlockedBy::Password(WhyTyped::Trouble(KeyringTrouble::TimedOut)));
}

/// The entry that shows whether the store works, as the library has it.
fn probe_entry() -> ::keyring::Entry {
    ::keyring::Entry::new("grid-node-practice", "a test").expect("a name")
}

fn probe_is_gone() -> bool {
    matches!(probe_entry().get_password(), Err(::keyring::Error::NoEntry))
}

#[test]
fn many_who_look_at_once_all_learn_that_nothing_is_kept() {
    let test = "keyring::many_who_look_at_once_all_learn_that_nothing_is_kept";
    if part().is_none() {
        return session("unlocked", test, "all", tempfile::tempdir().expect("a home").path());
    }
    daemon_is_there();
    let item = KeyringItem::Rig(types::Address::repeat_byte(1));
    // What a probe that was cut short left behind.
    probe_entry().set_password("something else").expect("keeps");
    let start = std::sync::Barrier::new(16);
    std::thread::scope(|scope| {
        for _ in 0..16 {
            scope.spawn(|| {
                let keyring = keyring().with_deadline(PATIENCE);
                start.wait();
                assert!(keyring.get(item).expect("works").is_none());
                // These prove it anew each time.
                keyring.forget(item).expect("works");
            });
        }
    });
    assert!(probe_is_gone(), "nothing of ours is left");
}

#[test]
fn a_store_that_is_locked_later_is_not_written_over_nor_called_empty() {
    let test = "keyring::a_store_that_is_locked_later_is_not_written_over_nor_called_empty";
    let Some(part) = part() else {
        let home = tempfile::tempdir().expect("a home");
        session("unlocked", test, "lock", home.path());
        return session("unlocked", test, "still there", home.path());
    };
    daemon_is_there();
    let keyring = keyring();
    let [item, other] = [1, 2].map(|byte| KeyringItem::Rig(types::Address::repeat_byte(byte)));
    if part == "lock" {
        keyring.put(item, &text(PASSWORD)).expect("keeps");
        assert!(keyring.get(other).expect("works").is_none());
        lock_everything();
        assert!(!matches!(keyring.get(item), Ok(Some(_))), "it is locked");
        assert!(keyring.forget(item).is_err(), "it is still there");
        assert!(keyring.put(item, &text("another")).is_err());
    } else {
        assert_eq!(keyring.get(item).expect("works").expect("kept").expose(), PASSWORD);
        assert!(probe_is_gone());
    }
}

fn lock_everything() {
    let path = "/org/freedesktop/secrets";
    let output = Command::new("dbus-send")
        .args(["--session", "--print-reply", "--dest=org.freedesktop.secrets", path])
        .arg("org.freedesktop.Secret.Service.Lock")
        .arg(format!("array:objpath:{path}/collection/login"))
        .output()
        .expect("dbus-send runs");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
}
