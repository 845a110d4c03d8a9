//! A process that is killed while it makes a wallet.

use std::io::{BufRead, BufReader};
use std::process::Stdio;
use std::sync::mpsc::{RecvTimeoutError, sync_channel};
use std::time::Duration;

use super::{PASSWORD, given_home, part, practice_folder, text, this_test};

const ROUNDS: u64 = 24;

/// Makes wallet after wallet, each in a home of its own, and says so each time.
#[expect(clippy::print_stdout, reason = "the outer half of the test listens")]
fn make_wallets() {
    for number in 0.. {
        let folder = practice_folder(given_home().join(format!("{number}")));
        folder.create(&text(PASSWORD)).expect("a wallet");
        println!("\nmade {number}");
    }
}

#[test]
fn killed_at_any_moment_it_leaves_nothing_or_a_usable_wallet() {
    if part().is_some() {
        return make_wallets();
    }
    for round in 0..ROUNDS {
        let home = tempfile::tempdir().expect("a home");
        let test = "kill::killed_at_any_moment_it_leaves_nothing_or_a_usable_wallet";
        let mut command = this_test(test, "make", home.path());
        let mut child = command.stdout(Stdio::piped()).spawn().expect("starts");
        let output = BufReader::new(child.stdout.take().expect("piped"));
        let (line, lines) = sync_channel(16);
        let reader = std::thread::spawn(move || {
            let made = |text: String| text.strip_prefix("made ")?.parse::<u64>().ok();
            output
                .lines()
                .map_while(Result::ok)
                .filter_map(made)
                .try_for_each(|number| line.send(number))
                .ok();
        });
        let first = lines.recv_timeout(Duration::from_secs(60)).expect("the first wallet");
        // A different moment each round: some milliseconds after a wallet, more when it makes one meanwhile.
        let wait = Duration::from_millis(round);
        let last = match lines.recv_timeout(wait) {
            Ok(second) => second,
            Err(RecvTimeoutError::Timeout) => first,
            Err(RecvTimeoutError::Disconnected) => panic!("it ended by itself"),
        };
        child.kill().expect("killed");
        child.wait().expect("gone");
        let last = lines.iter().last().unwrap_or(last);
        reader.join().expect("no panic");
        for number in 0..=last + 1 {
            let folder = practice_folder(home.path().join(format!("{number}")));
            match folder.find().expect("never a damaged file") {
                Some(found) => {
                    let wallet = folder.unlock(&text(PASSWORD)).expect("usable");
                    assert_eq!(wallet.address(), found.address);
                }
                None => assert!(number > last, "what was reported as made is there"),
            }
        }
    }
}
