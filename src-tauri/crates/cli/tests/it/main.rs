//! The real executable, as a person or a script runs it.

mod canary;
#[cfg(target_os = "linux")]
mod keyring;
mod kills;
mod live;
mod money;

use std::io::{BufRead, BufReader};
use std::path::PathBuf;
use std::process::{Child, Command, Output, Stdio};

use serde_json::Value;

fn cli() -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_grid-node-cli"));
    command.stdin(Stdio::null()).env_remove("GRID_NODE_LOG");
    command
}

fn run(arguments: &[&str]) -> Output {
    cli().args(arguments).output().expect("runs")
}

fn json(output: &Output) -> Value {
    serde_json::from_slice(&output.stdout)
        .unwrap_or_else(|error| panic!("{error}: {}", String::from_utf8_lossy(&output.stdout)))
}

/// The den of a job or a total, in hundredths, read from the digits as they were printed.
fn hundredths(text: &str) -> u64 {
    let (whole, cents) = text.split_once('.').expect("two decimals");
    assert_eq!(cents.len(), 2, "{text} has both decimals");
    format!("{whole}{cents}").parse().expect("digits")
}

#[test]
fn practice_once_reports_one_json_object_and_ends_well() {
    let output = run(&["practice", "--once", "--jobs", "6", "--json", "--seconds", "150"]);
    let report = json(&output);
    assert!(output.status.success(), "{report:#}");
    assert_eq!(report["ok"], true, "{report:#}");
    let jobs = report["jobs"].as_array().expect("jobs");
    let kinds: Vec<&str> = jobs.iter().map(|job| job["kind"].as_str().expect("a kind")).collect();
    assert_eq!(kinds, ["streamed", "not_streamed", "stop", "cancelled", "too_long", "plain"]);
    let signed: Vec<Option<bool>> = jobs.iter().map(|job| job["sig_ok"].as_bool()).collect();
    assert_eq!(signed[4], None, "no receipt for a refused request");
    assert_eq!(
        (signed[0], signed[1], signed[2], signed[5]),
        (Some(true), Some(true), Some(true), Some(true))
    );
    assert_eq!(report["coordinator"]["strikes"], 0);
    assert!(report["duration_ms"].as_u64().is_some());
}

#[test]
fn den_is_printed_in_exact_hundredths_that_add_up() {
    let output = run(&["practice", "--once", "--jobs", "7", "--json", "--seconds", "150"]);
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    let printed = |key: &str| -> Vec<u64> {
        let values = text.lines().filter_map(|line| line.trim().strip_prefix(&format!("\"{key}\": ")));
        values
            .map(|value| value.trim_end_matches(','))
            .filter(|value| *value != "null")
            .map(hundredths)
            .collect()
    };
    let total: u64 = printed("den").into_iter().sum();
    assert!(total > 0);
    assert_eq!(printed("den_total"), [total, total], "ledger and coordinator: {text}");
}

#[test]
fn the_loudest_log_holds_no_key_prompt_or_answer() {
    let output = cli()
        .args(["practice", "--once", "--json", "--verbose", "--seconds", "150"])
        .env("GRID_NODE_LOG", "trace")
        .output()
        .expect("runs");
    assert!(output.status.success());
    let log = String::from_utf8_lossy(&output.stderr);
    assert!(log.contains("engine started"), "there is a log: {log}");
    // The start of every key, a prompt of the rehearsal, and a word that only answers hold.
    for secret in ["grid_", "And the LORD said", "And it came to pass", "unto him"] {
        assert!(!log.contains(secret), "{secret:?} is in the log");
    }
}

#[test]
fn a_rehearsal_that_cannot_work_says_why_and_fails() {
    let output = run(&["practice", "--once", "--json", "--model", "/no/such/model.gguf"]);
    assert_eq!(output.status.code(), Some(1));
    let report = json(&output);
    assert_eq!(report["ok"], false);
    assert!(report["problems"][0].as_str().expect("words").contains("No model file"), "{report:#}");
}

#[test]
fn a_wrong_command_line_is_explained_with_code_2() {
    for wrong in [vec!["dance"], vec!["practice"], vec!["practice", "--once", "--jobs", "0"], vec!["account"]]
    {
        let output = run(&wrong);
        assert_eq!(output.status.code(), Some(2), "{wrong:?}");
        assert!(!output.stderr.is_empty() && output.stdout.is_empty(), "{wrong:?}");
    }
    for help in [vec!["--help"], vec!["practice", "--help"], vec!["run", "--help"], vec!["--version"]] {
        assert!(run(&help).status.success(), "{help:?}");
    }
}

/// A node that runs until the test ends.
struct Running {
    child: Child,
    lines: BufReader<std::process::ChildStdout>,
    home: PathBuf,
    _folder: tempfile::TempDir,
}

impl Running {
    fn start() -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let home = folder.path().join("home");
        let mut child = cli()
            .args(["run", "--practice", "--json", "--home"])
            .arg(&home)
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .expect("starts");
        let lines = BufReader::new(child.stdout.take().expect("a pipe"));
        let mut running = Self { child, lines, home, _folder: folder };
        while running.state()["phase"] != "waiting" {}
        running
    }

    fn state(&mut self) -> Value {
        let mut line = String::new();
        self.lines.read_line(&mut line).expect("a line");
        serde_json::from_str(&line).unwrap_or_else(|error| panic!("{error}: {line:?}"))
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

#[test]
fn a_second_instance_in_the_same_home_is_told_so() {
    let first = Running::start();
    let output = cli().args(["run", "--practice", "--home"]).arg(&first.home).output().expect("runs");
    assert_eq!(output.status.code(), Some(1));
    let words = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(words.contains("Grid Node is already running"), "{words}");
}

#[cfg(target_os = "linux")]
mod processes {
    use std::time::{Duration, Instant};

    use super::*;

    fn children(parent: u32) -> Vec<u32> {
        let path = format!("/proc/{parent}/task");
        let tasks = std::fs::read_dir(path).expect("tasks").flatten();
        let lists = tasks.filter_map(|task| std::fs::read_to_string(task.path().join("children")).ok());
        lists
            .flat_map(|list| list.split(' ').filter_map(|pid| pid.parse().ok()).collect::<Vec<_>>())
            .collect()
    }

    /// True while the process runs; a zombie whose new parent has not looked yet does not.
    fn lives(pid: u32) -> bool {
        let stat = std::fs::read_to_string(format!("/proc/{pid}/stat")).unwrap_or_default();
        stat.rsplit(") ").next().is_some_and(|rest| !rest.is_empty() && !rest.starts_with('Z'))
    }

    #[test]
    fn a_killed_app_takes_its_engine_along_within_two_seconds() {
        let mut app = Running::start();
        let engines = children(app.child.id());
        assert_eq!(engines.len(), 1, "one engine child");
        assert!(lives(engines[0]));
        app.child.kill().expect("SIGKILL");
        app.child.wait().expect("ends");
        let killed = Instant::now();
        while lives(engines[0]) {
            assert!(killed.elapsed() < Duration::from_secs(2), "the engine outlived its app");
            std::thread::yield_now();
        }
    }

    #[test]
    fn an_interrupt_ends_it_well() {
        let mut app = Running::start();
        let engines = children(app.child.id());
        let interrupted = Command::new("kill").args(["-INT", &app.child.id().to_string()]).status();
        assert!(interrupted.expect("kill runs").success());
        assert!(app.child.wait().expect("ends").success());
        assert!(engines.iter().all(|engine| !lives(*engine)), "no child is left");
    }
}
