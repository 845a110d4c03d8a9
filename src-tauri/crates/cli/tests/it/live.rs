//! Serving a coordinator of the owner's choice, as on a rig: a configuration, the environment, signals.
//!
//! The coordinator is a practice network on loopback that this test runs; to the executable it is any other.

use std::io::{BufRead, BufReader, Write as _};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdout, Command, Output, Stdio};
use std::sync::Arc;
use std::time::Duration;

use practice::{Account, ChatCall, Customer, Network, Options, Purpose};
use serde_json::Value;
use types::SystemClock;

use crate::{cli, json};

const MODEL: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../../tests/data/models/kjv-tiny.Q8_0.gguf");
const PASSWORD: &str = "correct horse battery staple";

struct Rig {
    network: Network,
    account: Account,
    folder: tempfile::TempDir,
}

impl Rig {
    async fn new() -> Self {
        let network = Network::start(Options::new(Arc::new(SystemClock), 5)).await.expect("starts");
        let account = network.open_account(None);
        Self { network, account, folder: tempfile::tempdir().expect("a folder") }
    }

    fn home(&self) -> PathBuf {
        self.folder.path().join("home")
    }

    /// Writes a configuration with this many slots of the small model.
    fn configure(&self, slots: u8) -> PathBuf {
        let file = self.folder.path().join("rig.toml");
        let text = format!(
            "[coordinator]\napi = \"{}\"\n[worker]\nname = \"attic\"\n[[engine]]\nkind = \"own\"\n\
             model = \"{MODEL}\"\nserve-as = \"kjv\"\nslots = {slots}\n",
            self.network.api_base()
        );
        std::fs::write(&file, text).expect("writes");
        file
    }

    /// The executable in this home, with this configuration and no key.
    fn command(&self, arguments: &[&str]) -> Command {
        let mut command = cli();
        command.args(arguments).arg("--home").arg(self.home()).env_remove("GRID_NODE_API_KEY");
        command
    }

    fn customer(&self) -> Customer {
        let key = self.network.issue_key(&self.account.id, Purpose::Inference).expect("the account is there");
        Customer::new(&self.network.api_base(), key, Duration::from_secs(120)).expect("a customer")
    }
}

struct Running {
    child: Child,
    lines: BufReader<ChildStdout>,
}

impl Running {
    fn start(rig: &Rig, key: &str) -> Self {
        let config = rig.configure(2);
        let mut command = rig.command(&["run", "--json"]);
        command.arg("--config").arg(config).env("GRID_NODE_API_KEY", key);
        let mut child = command.stdout(Stdio::piped()).stderr(Stdio::null()).spawn().expect("starts");
        let lines = BufReader::new(child.stdout.take().expect("a pipe"));
        Self { child, lines }
    }

    /// Reads states until one is as wanted.
    fn until(&mut self, wanted: impl Fn(&Value) -> bool) -> Value {
        loop {
            let mut line = String::new();
            assert!(self.lines.read_line(&mut line).expect("a line") > 0, "it ended before");
            let state = serde_json::from_str(&line).unwrap_or_else(|error| panic!("{error}: {line:?}"));
            if wanted(&state) {
                return state;
            }
        }
    }

    fn all_wait(&mut self) -> Value {
        self.until(|state| {
            let slots = state["slots"].as_array().expect("slots");
            slots.len() == 2 && slots.iter().all(|slot| slot["phase"] == "waiting")
        })
    }

    #[cfg(unix)]
    fn terminate(&mut self) {
        let killed = Command::new("kill").args(["-TERM", &self.child.id().to_string()]).status();
        assert!(killed.expect("kill runs").success());
        assert!(self.child.wait().expect("ends").success(), "asked to end, it ends well");
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn words(output: &Output) -> String {
    format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr))
}

#[cfg(unix)]
#[tokio::test(flavor = "multi_thread")]
async fn a_rig_serves_a_coordinator_by_one_setting_and_ends_on_sigterm() {
    let rig = Rig::new().await;
    let mut running = Running::start(&rig, rig.account.api_key.expose());
    let state = running.all_wait();
    assert_eq!((&state["practice"], &state["worker"]), (&Value::Bool(false), &Value::from("attic")));
    let status = json(&rig.command(&["status", "--json"]).output().expect("runs"));
    assert_eq!(
        (&status["running"], &status["slots"][1]["name"]),
        (&Value::Bool(true), &Value::from("attic#2"))
    );

    let call = ChatCall { max_tokens: Some(8), ..ChatCall::ask("kjv", "In the beginning") };
    let reply = rig.customer().chat(&call.streamed()).await.expect("a reply");
    assert!(reply.error.is_none() && !reply.text.is_empty(), "{reply:?}");
    let earned = rig.network.books().den_total();
    let counted = running.until(|state| state["jobs_done"] == 1 && state["den_total"] == earned.to_string());
    assert_eq!(counted["code"], Value::Null);

    running.terminate();
    let after = rig.command(&["status", "--json"]).output().expect("runs");
    assert_eq!((after.status.code(), json(&after)["running"].clone()), (Some(3), Value::Bool(false)));
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_missing_or_wrong_is_said_and_nothing_is_started() {
    let rig = Rig::new().await;
    let config = rig.configure(1);
    let check = |text: Option<&str>, key: Option<&str>, code: i32, expected: &str| {
        if let Some(text) = text {
            std::fs::write(&config, text).expect("writes");
        }
        // A run that wrongly goes on ends by itself, with 0.
        let mut command = rig.command(&["run", "--seconds", "40"]);
        command.arg("--config").arg(&config).envs(key.map(|key| ("GRID_NODE_API_KEY", key)));
        let output = command.output().expect("runs");
        assert_eq!(output.status.code(), Some(code), "{}", words(&output));
        assert!(words(&output).contains(expected), "{expected}: {}", words(&output));
    };
    check(None, None, 4, "No key for the Grid yet");
    check(None, Some("grid_wrong-wrong-wrong-wrong-wrong-wro"), 4, "The Grid does not accept the key");
    let key = Some(rig.account.api_key.expose().as_str());
    check(Some("[coordinator]\napi = \"http://192.168.1.5:7010\"\n"), key, 2, "for this computer only");
    check(Some("[coordinator]\napi = \"http://127.0.0.1:7010\"\n"), key, 4, "Nothing to serve yet");
    check(Some("[coordinator"), key, 2, "not well-formed");
    let engine = "[[engine]]\nkind = \"server\"\naddress = \"ftp://127.0.0.1:1\"\nmodel = \"m\"\n";
    check(Some(engine), key, 2, "engine.address");
    let engine = "[[engine]]\nkind = \"own\"\nmodel = \"m\"\nschedule = [{ days = \"noday\", slots = 1 }]\n";
    check(Some(engine), key, 2, "engine.schedule");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_pasted_key_is_kept_encrypted_and_serves_the_next_time() {
    let rig = Rig::new().await;
    let config = rig.configure(1);
    let key = rig.account.api_key.expose().clone();
    let mut command = rig.command(&["account", "key"]);
    command
        .arg("--config")
        .arg(&config)
        .env("GRID_NODE_PASSWORD", PASSWORD)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped());
    let mut asked = command.spawn().expect("starts");
    writeln!(asked.stdin.take().expect("a pipe"), "{key}").expect("it reads");
    let kept = asked.wait_with_output().expect("ends");
    assert!(kept.status.success(), "{}", words(&kept));
    assert!(!holds(&rig.home(), key.as_bytes()), "the key is on disk only encrypted");

    let shown = rig
        .command(&["account", "show", "--json"])
        .arg("--config")
        .arg(&config)
        .env("GRID_NODE_PASSWORD", PASSWORD)
        .output()
        .expect("runs");
    assert_eq!(json(&shown)["account"], rig.account.id.as_str(), "{}", words(&shown));
    let wrong = rig
        .command(&["account", "show"])
        .arg("--config")
        .arg(&config)
        .env("GRID_NODE_PASSWORD", "another password")
        .output()
        .expect("runs");
    assert_eq!(wrong.status.code(), Some(1));

    let mut command = rig.command(&["run", "--json"]);
    command.arg("--config").arg(&config).env("GRID_NODE_PASSWORD", PASSWORD);
    let mut child = command.stdout(Stdio::piped()).stderr(Stdio::null()).spawn().expect("starts");
    let lines = BufReader::new(child.stdout.take().expect("a pipe"));
    let mut running = Running { child, lines };
    running.until(|state| state["phase"] == "waiting");
}

/// A server of its owner's that is started later than the node: nobody has to do anything.
#[tokio::test(flavor = "multi_thread")]
async fn a_model_server_that_is_not_there_yet_is_waited_for() {
    let rig = Rig::new().await;
    let config = rig.configure(1);
    let nobody =
        std::net::TcpListener::bind("127.0.0.1:0").and_then(|free| free.local_addr()).expect("a port");
    let text = format!(
        "[coordinator]\napi = \"{}\"\n[[engine]]\nkind = \"server\"\naddress = \"http://{nobody}\"\nmodel = \"m\"\n",
        rig.network.api_base()
    );
    std::fs::write(&config, text).expect("writes");
    let mut command = rig.command(&["run", "--json"]);
    command.arg("--config").arg(&config).env("GRID_NODE_API_KEY", rig.account.api_key.expose());
    let mut child = command.stdout(Stdio::piped()).stderr(Stdio::null()).spawn().expect("starts");
    let lines = BufReader::new(child.stdout.take().expect("a pipe"));
    let mut running = Running { child, lines };
    let resting = running.until(|state| state["code"] == "server-away");
    assert_eq!(resting["phase"], "resting", "it is looked for again, and the owner need not act");
    let drawn = resting["worker"].as_str().expect("a name");
    assert!(drawn.starts_with("grid-node-"), "a name of its own that tells nothing: {drawn}");
}

/// Whether any file below this folder holds these bytes.
fn holds(folder: &Path, bytes: &[u8]) -> bool {
    std::fs::read_dir(folder).expect("a folder").flatten().any(|entry| {
        let path = entry.path();
        if path.is_dir() {
            return holds(&path, bytes);
        }
        let text = std::fs::read(&path).expect("reads");
        text.windows(bytes.len()).any(|window| window == bytes)
    })
}

/// A key that was made for one coordinator is never shown to another.
#[tokio::test(flavor = "multi_thread")]
async fn another_coordinator_gets_neither_key_nor_wallet_of_the_first() {
    let (rig, other) = (Rig::new().await, Rig::new().await);
    let config = rig.configure(1);
    let account = |arguments: &[&str], at: &str| {
        let mut command = rig.command(arguments);
        command.arg("--config").arg(&config).args(["--coordinator", at]).env("GRID_NODE_PASSWORD", PASSWORD);
        command
    };
    let mut kept = account(&["account", "key"], &rig.network.api_base());
    let mut asked = kept.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().expect("starts");
    writeln!(asked.stdin.take().expect("a pipe"), "{}", rig.account.api_key.expose()).expect("it reads");
    assert!(asked.wait_with_output().expect("ends").status.success());
    let shown = account(&["account", "show", "--json"], &rig.network.api_base()).output().expect("runs");
    assert_eq!(json(&shown)["account"], rig.account.id.as_str(), "{}", words(&shown));

    let elsewhere = account(&["account", "show"], &other.network.api_base()).output().expect("runs");
    assert!(words(&elsewhere).contains("no wallet in this home yet"), "{}", words(&elsewhere));
    let served = account(&["run"], &other.network.api_base()).output().expect("runs");
    assert_eq!(served.status.code(), Some(4), "{}", words(&served));
    assert!(words(&served).contains("No key for the Grid yet"), "{}", words(&served));
    let phrase = account(&["account", "phrase"], &rig.network.api_base()).output().expect("runs");
    assert!(!phrase.status.success(), "a phrase is shown to a person at a terminal only");
}

/// The commands that manage the account need a person: a terminal, and the word yes.
#[cfg(target_os = "linux")]
#[tokio::test(flavor = "multi_thread")]
async fn signing_in_takes_a_typed_yes_at_a_terminal() {
    let rig = Rig::new().await;
    let config = rig.configure(1);
    let mut piped = rig.command(&["account", "sign-in"]);
    piped.arg("--config").arg(&config).env("GRID_NODE_PASSWORD", PASSWORD);
    let refused = piped.output().expect("runs");
    assert_eq!(refused.status.code(), Some(1), "nobody can say yes through a pipe");

    let at_a_terminal = |answers: &str| {
        let line = format!(
            "{} account sign-in --home {} --config {}",
            env!("CARGO_BIN_EXE_grid-node-cli"),
            rig.home().display(),
            config.display()
        );
        let mut script = Command::new("script");
        script.args(["--quiet", "--return", "--command", &line, "/dev/null"]);
        script.env("GRID_NODE_PASSWORD", PASSWORD).stdin(Stdio::piped()).stdout(Stdio::piped());
        let mut asked = script.spawn().expect("script is part of every Debian");
        asked.stdin.take().expect("a pipe").write_all(answers.as_bytes()).expect("it reads");
        asked.wait_with_output().expect("ends")
    };
    assert!(!at_a_terminal("no\n").status.success());
    let agreed = at_a_terminal("yes\nyes\nyes\n");
    assert!(agreed.status.success(), "{}", words(&agreed));
    let text = words(&agreed);
    assert!(text.contains("wants you to sign in with your Ethereum account"), "{text}");
    assert!(text.contains("made the key grid-node-"), "{text}");
}

#[test]
fn a_configuration_is_begun_with_explanations_and_checked() {
    let folder = tempfile::tempdir().expect("a folder");
    let run =
        |arguments: &[&str]| cli().args(arguments).arg("--home").arg(folder.path()).output().expect("runs");
    assert!(run(&["config", "init"]).status.success());
    let text = std::fs::read_to_string(folder.path().join("grid-node.toml")).expect("it is there");
    assert!(text.contains("# Where the Grid is."));
    assert_eq!(run(&["config", "init"]).status.code(), Some(1), "what is there stays");
    let servers = cli().args(["config", "servers"]).output().expect("runs");
    assert!(servers.status.success() && words(&servers).starts_with("# "), "{}", words(&servers));
    let checked = run(&["config", "check"]);
    assert!(
        checked.status.success() && words(&checked).contains("https://api.aipowergrid.io"),
        "{}",
        words(&checked)
    );
    std::fs::write(folder.path().join("grid-node.toml"), "[coordinator]\napi = 7\n").expect("writes");
    let wrong = run(&["config", "check"]);
    assert_eq!(wrong.status.code(), Some(2));
    assert!(words(&wrong).contains("coordinator.api"), "{}", words(&wrong));
}

/// systemd's own check of the service file, where systemd is.
#[cfg(target_os = "linux")]
#[test]
fn the_service_file_is_one_that_systemd_takes() {
    let unit =
        std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/../../service/grid-node.service"))
            .expect("the service file");
    let start = unit.lines().find_map(|line| line.strip_prefix("ExecStart=")).expect("what it starts");
    let arguments: Vec<&str> = start.split(' ').skip(1).collect();
    // Every flag it gives is one that the executable has.
    let help = cli().args([arguments[0], "--help"]).output().expect("runs");
    let help = String::from_utf8_lossy(&help.stdout).into_owned();
    for flag in arguments.iter().filter(|word| word.starts_with("--")) {
        assert!(help.contains(*flag), "{flag}");
    }
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("grid-node.service");
    std::fs::write(&file, unit.replace("/usr/local/bin/grid-node-cli", "/bin/true")).expect("writes");
    match Command::new("systemd-analyze").arg("verify").arg(&file).output() {
        Ok(verdict) => assert!(verdict.status.success(), "{}", words(&verdict)),
        Err(error) => assert_eq!(error.kind(), std::io::ErrorKind::NotFound, "{error}"),
    }
}
