//! Several slots, several engines: each name by itself, each engine shared, each fault counted once.

use std::collections::BTreeSet;
use std::time::Duration;

use app::{EngineSettings, NodeSettings, Phase, Status};
use futures_util::future::join_all;
use practice::ChatCall;
use types::Code;
use worker::Policy;
use worker::schedule::{RuleText, Schedule};

use crate::rig::{engines, event, hasty, kjv_tiny, signal, smollm2};
use crate::stand::{MovedClock, Plan, Stand, own, served};
use crate::talking_server::{MODEL, POISON, TalkingServer};

fn all(phase: Phase) -> impl Fn(&Status) -> bool {
    move |status| status.slots.iter().all(|slot| slot.phase == phase)
}

fn few_tokens(model: &str) -> ChatCall {
    ChatCall { max_tokens: Some(24), ..ChatCall::ask(model, "Amen") }.streamed()
}

#[tokio::test(flavor = "multi_thread")]
async fn three_slots_share_one_engine_and_all_of_them_work() {
    let stand = Stand::start(Plan::of(vec![own("rig", kjv_tiny(), 3)])).await;
    stand.until(all(Phase::Waiting)).await;
    assert_eq!(engines().len(), 1, "one engine for all");
    let model = EngineSettings::name_of_file(&kjv_tiny());
    let calls: Vec<ChatCall> = (0..9).map(|_| few_tokens(model.as_str())).collect();
    let replies = join_all(calls.iter().map(|call| stand.customer.chat(call))).await;
    for reply in replies {
        let reply = reply.expect("a reply");
        assert_eq!((reply.error.as_deref(), reply.text.is_empty()), (None, false), "{reply:?}");
    }
    let books = stand.network.books();
    let workers: BTreeSet<&str> = books.rows.iter().map(|row| row.worker_name.as_str()).collect();
    assert_eq!(workers, BTreeSet::from(["rig", "rig#2", "rig#3"]), "{workers:?}");
    let status = stand.until(|status| status.den_total == books.den_total()).await;
    assert_eq!((status.jobs_done, stand.strikes()), (9, 0));
    stand.end().await;
    assert!(engines().is_empty(), "no child is left");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_fault_that_three_slots_feel_counts_once() {
    let stand = Stand::start(Plan::of(vec![own("rig", kjv_tiny(), 3)])).await;
    for fault in 1..=5 {
        stand.until(all(Phase::Waiting)).await;
        signal("-KILL", engines()[0]);
        let felt = stand.until(|status| !all(Phase::Waiting)(status)).await;
        assert_ne!((fault, felt.phase), (1, Phase::NeedsAttention));
    }
    let status = stand.until(all(Phase::NeedsAttention)).await;
    assert_eq!(
        status.code,
        Some(Code::EngineFailing),
        "the fifth in a row is the owner's, and not the second"
    );
    assert!(engines().is_empty());
    stand.node.resume().await;
    stand.until(all(Phase::Waiting)).await;
    assert_eq!(stand.strikes(), 0);
    stand.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_fails_at_one_job_goes_on_with_the_others() {
    let server = TalkingServer::start(Duration::from_millis(20)).await;
    let stand = Stand::start(Plan::of(vec![served("rig", &server, 4)])).await;
    stand.until(all(Phase::Waiting)).await;
    let mut events = stand.network.events();
    let long = ChatCall { max_tokens: Some(200), ..ChatCall::ask(MODEL, "Tell me a story.") }.streamed();
    let poison = async {
        event(&mut events, |event| matches!(event, practice::Event::TokenRelayed { .. })).await;
        stand.customer.chat(&ChatCall::ask(MODEL, POISON)).await.expect("a reply")
    };
    let (told, poisoned) = tokio::join!(stand.customer.chat(&long), poison);
    let told = told.expect("a reply");
    assert_eq!((told.error, told.finish_reason.is_some()), (None, true), "the story was told to its end");
    assert!(poisoned.error.is_some(), "{poisoned:?}");
    assert_eq!(stand.tap.read(|seen| seen.ready.len()), 4, "no slot left the Grid");
    let status = stand.until(all(Phase::Waiting)).await;
    assert_eq!(status.jobs_done, 1);
    assert!((1..=3).contains(&stand.strikes()), "one for each slot that was tried: {}", stand.strikes());
    stand.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_pause_frees_the_engine_when_the_last_slot_has_finished() {
    let stand = Stand::start(Plan::of(vec![own("rig", smollm2(), 2)])).await;
    stand.until(all(Phase::Waiting)).await;
    let model = EngineSettings::name_of_file(&smollm2());
    let mut events = stand.network.events();
    let call =
        ChatCall { max_tokens: Some(60), ..ChatCall::ask(model.as_str(), "Tell me a story.") }.streamed();
    let pause = async {
        event(&mut events, |event| matches!(event, practice::Event::TokenRelayed { .. })).await;
        stand.node.pause(false).await;
        let some_left = |status: &Status| {
            let phases: Vec<Phase> = status.slots.iter().map(|slot| slot.phase).collect();
            phases.contains(&Phase::Paused) && phases.contains(&Phase::Finishing)
        };
        let half = stand.until(some_left).await;
        assert_eq!((half.phase, engines().len()), (Phase::Finishing, 1));
    };
    let (reply, ()) = tokio::join!(stand.customer.chat(&call), pause);
    let reply = reply.expect("a reply");
    assert_eq!((reply.error, reply.finish_reason.is_some()), (None, true), "the job was finished");
    let paused = stand.until(|status| status.phase == Phase::Paused).await;
    assert!(engines().is_empty(), "its memory is free when the status says so");
    assert_eq!(paused.den_total, stand.network.books().den_total(), "the ack was waited for");
    stand.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_schedule_takes_slots_off_the_grid_and_back() {
    let rules = [
        RuleText { days: "", start: "12:00", end: "13:00", slots: 1 },
        RuleText { days: "", start: "13:00", end: "14:00", slots: 0 },
    ];
    let schedule = Schedule::read(&rules).expect("good rules");
    // 2026-11-22, 11:30 in UTC.
    let clock = MovedClock::at(1_795_347_000_000, 1);
    let engine = EngineSettings { schedule, ..own("rig", kjv_tiny(), 2) };
    let stand = Stand::start(Plan { clock: clock.clone(), ..Plan::of(vec![engine]) }).await;
    stand.until(all(Phase::Waiting)).await;
    let hour = Duration::from_secs(3600);
    clock.set_ahead(hour);
    let lunch = stand.until(|status| status.slots[1].off_schedule).await;
    assert_eq!((lunch.phase, lunch.slots[0].phase), (Phase::Waiting, Phase::Waiting));
    clock.set_ahead(hour);
    let off = stand.until(|status| status.phase == Phase::Paused).await;
    assert!(off.slots.iter().all(|slot| slot.off_schedule && slot.code.is_none()), "{off:?}");
    assert!(engines().is_empty(), "nobody wants the engine");
    stand.node.pause(false).await;
    stand.until(|status| status.slots.iter().all(|slot| !slot.off_schedule)).await;
    stand.node.resume().await;
    stand.until(|status| status.slots.iter().all(|slot| slot.off_schedule)).await;
    clock.set_ahead(hour);
    stand.until(all(Phase::Waiting)).await;
    stand.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn two_engines_serve_two_models_on_lines_of_their_own() {
    let server = TalkingServer::start(Duration::from_millis(1)).await;
    let engines_of_both = vec![own("own", kjv_tiny(), 1), served("server", &server, 2)];
    let stand = Stand::start(Plan::of(engines_of_both)).await;
    let status = stand.until(all(Phase::Waiting)).await;
    let devices: Vec<&str> = status.slots.iter().filter_map(|slot| slot.device.as_deref()).collect();
    assert_eq!(devices, ["cpu", "server", "server"], "{status:?}");
    let own_model = EngineSettings::name_of_file(&kjv_tiny());
    for (model, worker) in [(own_model.as_str(), "own"), (MODEL, "server")] {
        let reply = stand.customer.chat(&few_tokens(model)).await.expect("a reply");
        assert_eq!(reply.error, None, "{model}");
        let books = stand.network.books();
        assert!(books.rows[0].worker_name.starts_with(worker), "{model}: {:?}", books.rows[0]);
    }
    // One of them fails for good, and the other goes on.
    drop(server);
    let gone = few_tokens(MODEL);
    let reply = stand.customer.chat(&gone);
    let half = stand.until(|status| {
        status.slots[1..].iter().all(|slot| slot.phase != Phase::Waiting && slot.phase != Phase::Working)
    });
    tokio::select! {
        _ = reply => {}
        status = half => assert_eq!(status.slots[0].phase, Phase::Waiting),
    }
    let reply = stand.customer.chat(&few_tokens(own_model.as_str())).await.expect("a reply");
    assert_eq!(reply.error, None);
    stand.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_engine_that_is_too_slow_is_not_put_on_the_grid() {
    let server = TalkingServer::start(Duration::from_millis(20)).await;
    let policy = Policy { slowest_tokens_per_minute: 60_000, ..hasty() };
    let stand = Stand::start(Plan { policy, ..Plan::of(vec![served("rig", &server, 2)]) }).await;
    let status = stand.until(all(Phase::NeedsAttention)).await;
    assert_eq!(status.code, Some(Code::EngineTooSlow));
    assert!(status.detail.is_some_and(|detail| detail.contains("tokens a minute")));
    stand.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_job_that_waits_too_long_for_the_engine_goes_back_without_a_strike() {
    let plan = Plan::of(vec![own("rig", smollm2(), 2)]);
    let patience = app::Patience { job: Duration::from_secs(4), ..plan.patience };
    // Long enough to be seen on a busy machine.
    let policy =
        Policy { reconnect: Duration::from_secs(1), longest_reconnect: Duration::from_secs(1), ..hasty() };
    let stand = Stand::start(Plan { patience, policy, ..plan }).await;
    stand.until(all(Phase::Waiting)).await;
    let model = EngineSettings::name_of_file(&smollm2());
    let long = ChatCall { max_tokens: Some(4000), ..ChatCall::ask(model.as_str(), "Tell me a story.") };
    let starved = stand.until(|status| status.slots.iter().any(|slot| slot.code == Some(Code::EngineBusy)));
    let (first, second) = (long.clone().streamed(), long.streamed());
    let (one, other, _) = tokio::join!(stand.customer.chat(&first), stand.customer.chat(&second), starved);
    for reply in [one, other] {
        let reply = reply.expect("a reply");
        assert_eq!(reply.error, None, "both customers get an answer: {reply:?}");
    }
    assert_eq!(stand.strikes(), 0);
    stand.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_end_in_the_middle_of_jobs_is_quick_and_gives_them_back() {
    let server = TalkingServer::start(Duration::from_millis(20)).await;
    let stand = Stand::start(Plan::of(vec![own("own", smollm2(), 2), served("server", &server, 2)])).await;
    stand.until(all(Phase::Waiting)).await;
    let own_model = EngineSettings::name_of_file(&smollm2());
    let long = |model: &str| ChatCall { max_tokens: Some(2000), ..ChatCall::ask(model, "Tell me a story.") };
    let calls = [long(own_model.as_str()), long(MODEL), long(own_model.as_str()), long(MODEL)];
    let customers = join_all(calls.iter().map(|call| stand.customer.chat(call)));
    let end = async {
        stand.until(all(Phase::Working)).await;
        stand.node.pause(true).await;
        let begun = tokio::time::Instant::now();
        stand.until(all(Phase::Paused)).await;
        stand.until(|status| status.phase == Phase::Paused).await;
        begun.elapsed()
    };
    let took = tokio::select! {
        took = end => took,
        replies = customers => panic!("nobody is answered: {replies:?}"),
    };
    assert!(took < Duration::from_secs(5), "the memory is back in time, not after {took:?}");
    assert!(engines().is_empty());
    assert_eq!(stand.strikes(), 0);
    let sums = stand.ledger().sums(ledger::Span::ALWAYS, None).expect("reads");
    assert_eq!((sums.abandoned, sums.failed, sums.delivered), (4, 0, 0));
    assert_eq!(stand.tap.read(|seen| seen.terminals.len()), 0, "not a word about them");
    stand.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn settings_that_cannot_work_are_refused_at_once() {
    let folder = tempfile::tempdir().expect("a folder");
    let network =
        practice::Network::start(practice::Options::new(std::sync::Arc::new(types::SystemClock), 1))
            .await
            .expect("starts");
    for (engines, expected) in [
        (Vec::new(), "a node needs an engine with at least one slot"),
        (vec![own("rig", kjv_tiny(), 0)], "a node needs an engine with at least one slot"),
        (vec![own("rig", kjv_tiny(), 2), own("rig", kjv_tiny(), 1)], "two slots have the name rig"),
    ] {
        let settings = NodeSettings {
            home: app::Home::lock(folder.path()).expect("free"),
            engines,
            identity: app::NodeIdentity::unsigned(types::Sensitive::new("key".to_owned())),
            endpoint: grid::Endpoint::practice(&network.api_base()).expect("loopback"),
            practice: true,
            book: String::new(),
            time_zone: jiff::tz::TimeZone::UTC,
            policy: hasty(),
            patience: app::Patience::default(),
            ledger: ledger::Limits::default(),
        };
        let error = app::Node::start(settings, std::sync::Arc::new(types::SystemClock)).await;
        assert_eq!(error.expect_err("refused").to_string(), expected);
    }
    network.shutdown().await;
}
