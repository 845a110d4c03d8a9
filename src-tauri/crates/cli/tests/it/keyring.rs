//! The password kept by the system's keyring, through the real executable and a real gnome-keyring.

use std::path::Path;
use std::process::{Command, Output, Stdio};

use serde_json::Value;
use types::RegistryVersion;

use crate::json;
use crate::money::{Ground, PASSWORD, wallet};

/// $0 is the state of the keyring, the rest the program to run in its session. Waits until the keyring is on the bus.
const SCRIPT: &str = r#"
case "$0" in
    unlocked) printf 'login password\n' | gnome-keyring-daemon --foreground --unlock --components=secrets & ;;
    locked) gnome-keyring-daemon --foreground --components=secrets </dev/null & ;;
esac
daemon=$!
there() {
    dbus-send --session --print-reply --dest=org.freedesktop.DBus / org.freedesktop.DBus.NameHasOwner \
        string:org.freedesktop.secrets | grep -q true
}
tries=0
until there; do
    kill -0 "$daemon" || exit 9
    tries=$((tries + 1))
    [ "$tries" -lt 600 ] || exit 8
    sleep 0.1
done
"$@"
code=$?
kill -KILL "$daemon"
exit "$code"
"#;

/// Rehearses where the keyring is in this state, with or without the password.
fn rehearse(state: &str, rpc: &str, home: &Path, password: Option<&str>) -> Output {
    let mut command = Command::new("timeout");
    command.args([
        "--kill-after=5",
        "200",
        "dbus-run-session",
        "--",
        "sh",
        "-c",
        SCRIPT,
        state,
        env!("CARGO_BIN_EXE_grid-node-cli"),
    ]);
    command
        .args(["practice", "--once", "--keyring", "--json", "--seconds", "150", "--chain", rpc, "--home"])
        .arg(home.join("node"));
    let runtime = home.join("run");
    std::fs::create_dir_all(&runtime).expect("a folder");
    std::fs::set_permissions(&runtime, std::os::unix::fs::PermissionsExt::from_mode(0o700)).expect("private");
    command.env("HOME", home).env("XDG_DATA_HOME", home.join("data")).env("XDG_RUNTIME_DIR", runtime);
    for variable in
        ["DISPLAY", "WAYLAND_DISPLAY", "GNOME_KEYRING_CONTROL", "GRID_NODE_PASSWORD", "GRID_NODE_LOG"]
    {
        command.env_remove(variable);
    }
    command.envs(password.map(|password| ("GRID_NODE_PASSWORD", password)));
    command.stdin(Stdio::null()).output().expect("dbus-run-session runs; its package is dbus")
}

fn report(output: &Output) -> Value {
    assert!(!output.stdout.is_empty(), "{}", String::from_utf8_lossy(&output.stderr));
    json(output)
}

#[tokio::test(flavor = "multi_thread")]
async fn what_the_keyring_keeps_need_not_be_typed_again_and_a_locked_one_only_means_typing() {
    let ground = Ground::new(RegistryVersion::V1).await;
    let home = ground.home("person");
    let run = |state, password| report(&rehearse(state, ground.chain.rpc(), &home, password));

    let first = run("unlocked", Some(PASSWORD));
    assert_eq!(first["ok"], true, "{first:#}");
    let second = run("unlocked", None);
    assert_eq!(second["ok"], true, "the keyring has the password: {second:#}");
    assert_eq!(wallet(&second), wallet(&first), "the same wallet");

    let locked = run("locked", None);
    assert_eq!(locked["ok"], false, "nobody gave the password: {locked:#}");
    assert!(locked["problems"].to_string().contains("password"), "{locked:#}");
    let typed = run("locked", Some(PASSWORD));
    assert_eq!(typed["ok"], true, "each run in a home has jobs of its own: {typed:#}");
    assert_eq!(wallet(&typed), wallet(&first), "never a second wallet");
}
