//! Engines that die, hang or never were: the customer is told, the coordinator is not annoyed, the node comes back.
#![cfg(target_os = "linux")]

use std::time::Duration;

use app::Phase;
use app::practice::{Rehearsal, RehearsalOptions};
use engine_link::{Launch, Patience};
use practice::{ChatCall, Event, Reply};
use types::Code;

use crate::rig::{Rig, engine, engines, event, phase, signal, smollm2};

/// Seconds of work for a real model on a CPU: time enough to hurt it in the middle.
fn long_job(rehearsal: &Rehearsal) -> ChatCall {
    ChatCall {
        max_tokens: Some(2000),
        temperature: Some(0.0),
        ..ChatCall::ask(rehearsal.model(), "Write a long story about a lighthouse.")
    }
}

/// A node with a real chat model that waits for jobs.
async fn waiting(rig: &Rig, launch: Launch) -> Rehearsal {
    let options = RehearsalOptions { model: smollm2(), engine: launch, ..rig.options() };
    let rehearsal = Rehearsal::start(options).await.expect("starts");
    phase(&rehearsal, Phase::Waiting).await;
    rehearsal
}

/// Starts a long streamed job, hurts the engine after the first token, and returns what the customer read.
async fn hurt_during_a_job(rehearsal: &Rehearsal, how: &str) -> Reply {
    let mut events = rehearsal.network().events();
    let long = long_job(rehearsal);
    let hurt = async {
        event(&mut events, |event| matches!(event, Event::TokenRelayed { .. })).await;
        let engines = engines();
        assert_eq!(engines.len(), 1, "one engine");
        signal(how, engines[0]);
        engines[0]
    };
    let long = long.streamed();
    let (reply, pid) = tokio::join!(rehearsal.call(&long), hurt);
    assert!(!engines().contains(&pid), "the hurt engine is gone");
    reply.expect("a reply")
}

#[tokio::test(flavor = "multi_thread")]
async fn an_engine_killed_twice_during_jobs_is_replaced_twice() {
    let rig = Rig::new();
    let rehearsal = waiting(&rig, Launch::new(engine())).await;
    for _ in 0..2 {
        let reply = hurt_during_a_job(&rehearsal, "-KILL").await;
        assert_eq!(reply.error.as_deref(), Some("Worker failed mid-generation; please retry."), "{reply:?}");
        phase(&rehearsal, Phase::Waiting).await;
    }
    assert_eq!(rehearsal.network().books().strikes.values().sum::<u32>(), 2, "each failure was said once");
    let answer = rehearsal.send_job("And the LORD said unto").await.expect("the next job is served");
    assert!(!answer.is_empty());
    assert_eq!(rehearsal.network().books().strikes.values().sum::<u32>(), 0, "a good job clears the strikes");
    let states: Vec<&str> = rehearsal.status().recent.iter().map(|job| job.state.name()).collect();
    assert_eq!(states.iter().filter(|state| **state == "failed").count(), 2, "{states:?}");
    rehearsal.shutdown().await;
    assert!(engines().is_empty(), "no child is left");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_engine_that_hangs_is_ended_and_replaced() {
    let rig = Rig::new();
    let launch = Launch {
        patience: Patience { silence: Duration::from_secs(3), ..Patience::default() },
        ..Launch::new(engine())
    };
    let rehearsal = waiting(&rig, launch).await;
    let reply = hurt_during_a_job(&rehearsal, "-STOP").await;
    assert!(reply.error.is_some(), "{reply:?}");
    phase(&rehearsal, Phase::Waiting).await;
    rehearsal.send_job("Amen").await.expect("the next job is served");
    rehearsal.shutdown().await;
    assert!(engines().is_empty(), "no child is left");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_engine_killed_while_idle_is_replaced_without_a_strike() {
    let rig = Rig::new();
    let rehearsal = rig.waiting().await;
    let mut events = rehearsal.network().events();
    signal("-KILL", engines()[0]);
    event(&mut events, |event| matches!(event, Event::WorkerReady { .. })).await;
    rehearsal.send_job("Amen").await.expect("the next job is served");
    assert_eq!(rehearsal.network().books().strikes.values().sum::<u32>(), 0);
    rehearsal.shutdown().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_program_that_is_no_engine_ends_in_words_and_not_in_a_loop() {
    let rig = Rig::new();
    let options = RehearsalOptions { engine: Launch::new("/bin/true"), ..rig.options() };
    let rehearsal = Rehearsal::start(options).await.expect("starts");
    let status = phase(&rehearsal, Phase::NeedsAttention).await;
    assert_eq!(status.code, Some(Code::EngineFailing), "{status:?}");
    rehearsal.shutdown().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_pause_frees_the_engine_and_a_resume_brings_it_back() {
    let rig = Rig::new();
    let rehearsal = rig.waiting().await;
    rehearsal.pause().await;
    phase(&rehearsal, Phase::Paused).await;
    assert!(engines().is_empty(), "its memory is free when the status says so");
    rehearsal.resume().await;
    phase(&rehearsal, Phase::Waiting).await;
    rehearsal.send_job("Amen").await.expect("serves again");
    rehearsal.shutdown().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_pause_lets_the_job_finish_and_be_paid() {
    let rig = Rig::new();
    let rehearsal = rig.waiting().await;
    let mut events = rehearsal.network().events();
    let pause = async {
        event(&mut events, |event| matches!(event, Event::TokenRelayed { .. })).await;
        rehearsal.pause().await;
    };
    let (answer, ()) = tokio::join!(rehearsal.send_job("And the LORD said unto"), pause);
    assert!(!answer.expect("a whole answer").is_empty());
    let paused = phase(&rehearsal, Phase::Paused).await;
    assert_eq!(paused.den_total, rehearsal.network().books().den_total(), "the ack was waited for");
    rehearsal.shutdown().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_urgent_pause_gives_the_job_back_without_a_strike() {
    let rig = Rig::new();
    let rehearsal = waiting(&rig, Launch::new(engine())).await;
    let mut events = rehearsal.network().events();
    let long = ChatCall { max_tokens: Some(60), ..long_job(&rehearsal) };
    let pause = async {
        event(&mut events, |event| matches!(event, Event::TokenRelayed { .. })).await;
        rehearsal.node().pause(true).await;
        phase(&rehearsal, Phase::Paused).await;
        assert!(engines().is_empty(), "its memory is free");
        assert_eq!(rehearsal.network().books().strikes.values().sum::<u32>(), 0);
        rehearsal.resume().await;
    };
    let (reply, ()) = tokio::join!(rehearsal.call(&long), pause);
    let reply = reply.expect("a reply");
    assert_eq!(reply.error, None, "the same customer is served after the pause: {reply:?}");
    rehearsal.shutdown().await;
}
