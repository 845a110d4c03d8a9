//! The node without its window. The engine is absent on purpose: these are about starting, failing and ending.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use app::Home;
use app::wallet::{AskPassword, WhyTyped};
use types::{Sensitive, SystemClock};

use super::{Node, Start};
use crate::dto::{Phase, Status};
use crate::settings::Settings;

const SOON: Duration = Duration::from_secs(20);

/// Types no password.
struct NobodyThere;

impl AskPassword for NobodyThere {
    fn ask(&self, _: WhyTyped) -> Option<Sensitive<String>> {
        None
    }
}

fn start(home: &Path) -> Node {
    let home = home.to_owned();
    let nothing = PathBuf::from("no-such-file");
    Node::start(Start {
        live: home.join("live"),
        settings: Arc::new(Settings::load(&home)),
        ask: Arc::new(NobodyThere),
        keyring: false,
        home,
        engine: nothing.clone(),
        model: nothing,
        chain: None,
        password: None,
        hour: Duration::from_secs(60),
        clock: Arc::new(SystemClock),
    })
}

async fn wait_for(node: &Node, wanted: impl FnMut(&Status) -> bool) -> Status {
    let mut changes = node.changes();
    let found = tokio::time::timeout(SOON, changes.wait_for(wanted)).await;
    found.expect("in time").expect("the node lives").clone()
}

async fn end(node: &Node) {
    tokio::time::timeout(Duration::from_secs(5), node.shutdown())
        .await
        .expect("five seconds are the promise");
}

#[tokio::test]
async fn an_absent_engine_is_told_with_its_code() {
    let home = tempfile::tempdir().expect("a home");
    let node = start(home.path());
    let status = wait_for(&node, |status| status.phase == Phase::NeedsAttention).await;
    assert!(status.code.is_some(), "the owner must read what stands in the way: {status:?}");
    assert_eq!(status.jobs_done, Some(0), "the records are open, so the figure is known");
    let shown = format!("{status:?}");
    assert!(!shown.contains(&home.path().display().to_string()), "no path crosses to the screen: {shown}");
    end(&node).await;
    Home::lock(home.path()).expect("the home is free after the end");
}

#[tokio::test]
async fn a_taken_home_is_told_and_starting_again_works_once_it_is_free() {
    let home = tempfile::tempdir().expect("a home");
    let taken = Home::lock(home.path()).expect("free");
    let node = start(home.path());
    let status = wait_for(&node, |status| status.phase == Phase::NeedsAttention).await;
    assert_eq!(status.code.as_deref(), Some("already-running"));
    assert_eq!(status.jobs_done, None, "what cannot be read is unknown, not 0");
    let refused = node.send_job("hello".to_owned()).await.expect_err("nobody serves");
    assert!(refused.code.as_deref() == Some("not-serving"), "{refused:?}");

    drop(taken);
    node.resume().await.expect("it takes the wish");
    wait_for(&node, |status| status.jobs_done == Some(0)).await;
    end(&node).await;
}

#[tokio::test]
async fn after_the_end_every_request_is_refused_at_once() {
    let home = tempfile::tempdir().expect("a home");
    let node = start(home.path());
    end(&node).await;
    let late = tokio::time::timeout(SOON, node.pause()).await.expect("no hang");
    assert!(late.expect_err("it has ended").code.as_deref() == Some("ended"));
}
