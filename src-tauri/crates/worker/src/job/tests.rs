//! Named cases, and random event orders against the invariants.

use std::collections::HashMap;

use proptest::prelude::*;
use types::{
    Answer, ApiFormat, Ask, ChatRequest, Den, FinishReason, JobId, Message, ModelId, Piece, Sampling, Usage,
};

use super::{Done, Effect, Entry, Event, Jobs, Offer};

fn id(job: &str) -> JobId {
    JobId::new(job)
}

fn offer(job: &str) -> Event {
    let request = ChatRequest {
        messages: vec![Message::text("user", "hi")],
        max_tokens: 8,
        stop: Vec::new(),
        sampling: Sampling::default(),
    };
    Event::Offered(Box::new(Offer { job: id(job), model: ModelId::new("m"), ask: Ask::chat(request) }))
}

fn token(job: &str, text: &str) -> Event {
    Event::Made { job: id(job), piece: Piece::Text(text.into()) }
}

fn finished(job: &str, reason: FinishReason) -> Event {
    let usage = Some(Usage { prompt_tokens: 3, completion_tokens: 1 });
    Event::Finished { job: id(job), reason, usage, body: None }
}

fn run(events: impl IntoIterator<Item = Event>) -> (Jobs, Vec<Effect>) {
    events.into_iter().fold((Jobs::default(), Vec::new()), |(jobs, mut all), event| {
        let (jobs, effects) = jobs.step(event);
        all.extend(effects);
        (jobs, all)
    })
}

/// A short word for each effect, so that a whole life reads as one line.
fn words(effects: &[Effect]) -> String {
    let word = |effect: &Effect| match effect {
        Effect::Record(_, Entry::Accepted(_)) => "accepted",
        Effect::Record(_, Entry::Delivered { .. }) => "delivered",
        Effect::Record(_, Entry::Refused) => "refused",
        Effect::Record(_, Entry::Failed) => "failed",
        Effect::Record(_, Entry::Abandoned) => "abandoned",
        Effect::Record(_, Entry::Settled(_)) => "settled",
        Effect::Record(_, Entry::Unconfirmed) => "unconfirmed",
        Effect::Generate(_) => "GENERATE",
        Effect::CancelEngine(_) => "CANCEL",
        Effect::SendPiece { .. } => "TOKEN",
        Effect::SendDone(done) if done.cancelled => "DONE-CANCELLED",
        Effect::SendDone(_) => "DONE",
        Effect::SendError { client_error: true, .. } => "CLIENT-ERROR",
        Effect::SendError { client_error: false, .. } => "ERROR",
        Effect::AwaitAck(_) => "AWAIT",
        Effect::Disconnect(_) => "DISCONNECT",
    };
    effects.iter().map(word).collect::<Vec<_>>().join(" ")
}

fn check(events: Vec<Event>, expected: &str) {
    let (_, effects) = run(events);
    assert_eq!(words(&effects), expected);
}

#[test]
fn a_job_runs_from_offer_to_ack() {
    let ack = Event::Acked { job: id("a"), den: Den::from_hundredths(10) };
    check(
        vec![offer("a"), token("a", "Hi"), finished("a", FinishReason::Stop), ack.clone(), ack],
        "accepted GENERATE TOKEN delivered DONE AWAIT settled",
    );
}

#[test]
fn nothing_at_all_is_a_failure_and_not_an_answer() {
    check(vec![offer("a"), finished("a", FinishReason::Stop)], "accepted GENERATE failed ERROR");
    check(vec![offer("a"), finished("a", FinishReason::Length)], "accepted GENERATE failed ERROR");
    check(
        vec![offer("a"), token("a", " \n"), finished("a", FinishReason::Stop)],
        "accepted GENERATE TOKEN delivered DONE AWAIT",
    );
}

#[test]
fn a_late_ack_still_settles_the_job_once() {
    let ack = || Event::Acked { job: id("a"), den: Den::from_hundredths(10) };
    let overdue = Event::AckOverdue { job: id("a") };
    check(
        vec![offer("a"), token("a", "Hi"), finished("a", FinishReason::Stop), overdue, ack(), ack()],
        "accepted GENERATE TOKEN delivered DONE AWAIT unconfirmed settled",
    );
}

#[test]
fn a_job_that_could_not_be_recorded_frees_the_engine_at_once() {
    let (jobs, effects) = run([offer("a"), Event::NotRecorded { job: id("a") }]);
    assert_eq!(words(&effects), "accepted GENERATE abandoned");
    assert!(jobs.is_quiet());
}

#[test]
fn a_cancel_delivers_the_part_even_if_it_is_empty() {
    let cancel = || Event::CancelAsked { job: id("a") };
    check(
        vec![offer("a"), cancel(), cancel(), finished("a", FinishReason::Cancelled)],
        "accepted GENERATE CANCEL delivered DONE-CANCELLED AWAIT",
    );
    check(
        vec![offer("a"), token("a", "Hi"), cancel(), finished("a", FinishReason::Stop)],
        "accepted GENERATE TOKEN CANCEL delivered DONE AWAIT",
    );
}

#[test]
fn an_engine_that_dies_fails_the_job_once() {
    check(
        vec![offer("a"), token("a", "Hi"), Event::EngineGone, token("a", "late"), Event::EngineGone],
        "accepted GENERATE TOKEN failed ERROR",
    );
}

#[test]
fn an_engine_that_dies_after_a_cancel_leaves_an_honest_part() {
    check(
        vec![offer("a"), token("a", "Hi"), Event::CancelAsked { job: id("a") }, Event::EngineGone],
        "accepted GENERATE TOKEN CANCEL delivered DONE-CANCELLED AWAIT",
    );
}

#[test]
fn a_lost_connection_silences_the_job_for_good() {
    check(
        vec![
            offer("a"),
            token("a", "Hi"),
            Event::ConnectionLost,
            token("a", "late"),
            finished("a", FinishReason::Cancelled),
            offer("b"),
        ],
        "accepted GENERATE TOKEN abandoned CANCEL accepted GENERATE",
    );
}

#[test]
fn no_offer_is_taken_while_the_engine_still_has_the_last_one() {
    check(
        vec![offer("a"), Event::ConnectionLost, offer("b"), Event::EngineGone, offer("b")],
        "accepted GENERATE abandoned CANCEL DISCONNECT accepted GENERATE",
    );
}

#[test]
fn a_second_job_at_once_ends_the_connection_without_a_frame() {
    check(vec![offer("a"), offer("a"), offer("b")], "accepted GENERATE abandoned CANCEL DISCONNECT");
}

#[test]
fn a_refused_request_blames_the_request() {
    let refused = Event::Refused { job: id("a"), message: "context length exceeded (9 > 8)".into() };
    check(vec![offer("a"), refused], "accepted GENERATE refused CLIENT-ERROR");
    let unservable =
        Event::OfferedUnservable { job: id("a"), message: "no tools".into(), client_error: true };
    check(vec![unservable], "refused CLIENT-ERROR");
}

#[test]
fn an_ack_that_never_comes_is_recorded_as_unconfirmed() {
    let overdue = Event::AckOverdue { job: id("a") };
    check(
        vec![offer("a"), token("a", "Hi"), finished("a", FinishReason::Length), overdue],
        "accepted GENERATE TOKEN delivered DONE AWAIT unconfirmed",
    );
}

#[test]
fn a_raw_answer_is_delivered_whole_or_event_by_event_and_never_empty() {
    let raw = |stream| {
        let ask = Ask::Raw { format: ApiFormat::Anthropic, body: "{}".into(), stream };
        Event::Offered(Box::new(Offer { job: id("a"), model: ModelId::new("m"), ask }))
    };
    let end = |body: Option<&str>| {
        let body = body.map(Into::into);
        Event::Finished { job: id("a"), reason: FinishReason::Stop, usage: None, body }
    };
    check(vec![raw(false), end(Some("{\"ok\":1}"))], "accepted GENERATE delivered DONE AWAIT");
    check(vec![raw(false), end(None)], "accepted GENERATE failed ERROR");
    let event = Event::Made { job: id("a"), piece: Piece::Event { name: None, data: "{}".into() } };
    check(vec![raw(true), event, end(None)], "accepted GENERATE TOKEN delivered DONE AWAIT");
    let (_, effects) = run([raw(false), end(Some("{}"))]);
    let answers = effects.iter().filter_map(|effect| match effect {
        Effect::SendDone(done) => Some(&done.answer),
        _ => None,
    });
    assert_eq!(answers.collect::<Vec<_>>(), [&Answer::Raw { body: Some("{}".into()) }]);
}

#[test]
fn tool_calls_alone_are_an_answer_without_a_text_to_sign() {
    let call = Event::Made { job: id("a"), piece: Piece::ToolCalls("[]".into()) };
    let (_, effects) = run([offer("a"), call, finished("a", FinishReason::ToolCalls)]);
    assert_eq!(words(&effects), "accepted GENERATE TOKEN delivered DONE AWAIT");
    let Some(Effect::SendDone(done)) = effects.iter().find(|effect| matches!(effect, Effect::SendDone(_)))
    else {
        panic!("an answer leaves");
    };
    assert_eq!(done.answer.text(), "");
}

#[test]
fn a_job_that_starved_goes_back_without_a_word() {
    let (jobs, effects) = run([offer("a"), Event::Starved { job: id("a") }, token("a", "late")]);
    assert_eq!(words(&effects), "accepted GENERATE abandoned DISCONNECT");
    assert!(jobs.is_quiet());
}

/// A chat, or a request in another API that wants its answer whole or event by event.
fn any_offer(job: &str, kind: u8) -> Event {
    let raw = |format, stream| {
        Event::Offered(Box::new(Offer {
            job: id(job),
            model: ModelId::new("m"),
            ask: Ask::Raw { format, body: "{}".into(), stream },
        }))
    };
    match kind % 4 {
        0 => raw(ApiFormat::Anthropic, true),
        1 => raw(ApiFormat::OpenAiResponses, false),
        _ => offer(job),
    }
}

fn any_piece(job: &str, kind: u8) -> Event {
    let piece = match kind % 6 {
        0 => Piece::Reasoning("hm ".into()),
        1 => Piece::ToolCalls("[]".into()),
        2 => Piece::Refusal("no".into()),
        3 => Piece::Event { name: None, data: "{}".into() },
        4 => Piece::Text(" ".into()),
        _ => Piece::Text("word ".into()),
    };
    Event::Made { job: id(job), piece }
}

fn any_end(job: &str, kind: u8) -> Event {
    let reasons =
        [FinishReason::Stop, FinishReason::Length, FinishReason::ToolCalls, FinishReason::Cancelled];
    let bodies = [None, Some("{}".into()), Some("".into())];
    let usage = kind.is_multiple_of(2).then_some(Usage { prompt_tokens: 3, completion_tokens: 1 });
    let (reason, body) = (reasons[usize::from(kind) % 4], bodies[usize::from(kind) % 3].clone());
    Event::Finished { job: id(job), reason, usage, body }
}

fn any_event() -> impl Strategy<Value = Event> {
    let job = prop_oneof![3 => Just("a"), 1 => Just("b"), 1 => Just("c")];
    (0_u8..20, job, any::<u8>()).prop_map(|(what, job, kind)| match what {
        0..=2 => any_offer(job, kind),
        3..=6 => any_piece(job, kind),
        7 | 8 => any_end(job, kind),
        9 => Event::Refused { job: id(job), message: "no".into() },
        10 => Event::Failed { job: id(job) },
        11 => Event::EngineGone,
        12 => Event::CancelAsked { job: id(job) },
        13 => Event::Acked { job: id(job), den: Den::from_hundredths(10) },
        14 => Event::ConnectionLost,
        15 => Event::NotRecorded { job: id(job) },
        16 => Event::Starved { job: id(job) },
        17 => Event::OfferedUnservable {
            job: id(job),
            message: "no".into(),
            client_error: kind.is_multiple_of(2),
        },
        18 => Event::Abandon,
        _ => Event::AckOverdue { job: id(job) },
    })
}

/// What a watcher of the wire and the journal knows of one job id.
#[derive(Debug, Default)]
struct Seen {
    accepted: u32,
    ended: u32,
    terminal_frames: u32,
    abandoned: u32,
    awaited: u32,
    credited: u32,
    text: String,
    reasoning: String,
    pieces: u32,
    raw: bool,
    open: bool,
    /// A refusal of what was never taken on is recorded, and its error frame is due.
    unread: bool,
}

fn watch(seen: &mut HashMap<JobId, Seen>, effect: &Effect) {
    match effect {
        Effect::Record(job, entry) => recorded(seen.entry(job.clone()).or_default(), entry),
        Effect::Generate(offer) => {
            let seen = seen.get_mut(&offer.job).expect("a record comes first");
            seen.raw = matches!(offer.ask, Ask::Raw { .. });
        }
        Effect::SendPiece { job, piece } => {
            let seen = seen.get_mut(job).expect("a piece belongs to a job");
            assert!(seen.open, "no piece after the end");
            seen.pieces += 1;
            match piece {
                Piece::Text(text) => seen.text.push_str(text),
                Piece::Reasoning(text) => seen.reasoning.push_str(text),
                Piece::ToolCalls(_) | Piece::Refusal(_) | Piece::Event { .. } => {}
            }
        }
        Effect::SendDone(done) => {
            let seen = seen.get_mut(&done.job).expect("a done belongs to a job");
            answered(seen, done);
            end(seen);
        }
        Effect::SendError { job, .. } => {
            let seen = seen.get_mut(job).expect("an error belongs to a job");
            if !std::mem::take(&mut seen.unread) {
                end(seen);
            }
        }
        Effect::AwaitAck(job) => seen.get_mut(job).expect("an ack belongs to a job").awaited += 1,
        Effect::CancelEngine(_) | Effect::Disconnect(_) => {}
    }
}

fn recorded(seen: &mut Seen, entry: &Entry) {
    match entry {
        Entry::Accepted(_) => {
            assert!(!seen.open, "a job is accepted once until it ended");
            seen.accepted += 1;
            seen.open = true;
            (seen.pieces, seen.raw) = (0, false);
            seen.text.clear();
            seen.reasoning.clear();
        }
        Entry::Refused if !seen.open => seen.unread = true,
        Entry::Delivered { .. } | Entry::Refused | Entry::Failed => seen.ended += 1,
        Entry::Abandoned => {
            assert!(seen.open, "only a job that is ours can be abandoned");
            seen.ended += 1;
            seen.abandoned += 1;
            seen.open = false;
        }
        Entry::Settled(_) => seen.credited += 1,
        Entry::Unconfirmed => {}
    }
}

/// What is hashed and repeated is what was sent, and nothing empty is called an answer.
fn answered(seen: &Seen, done: &Done) {
    match &done.answer {
        Answer::Chat { text, reasoning } => {
            assert!(!seen.raw, "a chat is answered as a chat");
            assert_eq!((&**text, &**reasoning), (seen.text.as_str(), seen.reasoning.as_str()));
        }
        Answer::Raw { .. } => assert!(seen.raw, "a raw request is answered raw"),
    }
    let body = match &done.answer {
        Answer::Raw { body: Some(body) } => !body.is_empty(),
        Answer::Raw { body: None } | Answer::Chat { .. } => false,
    };
    assert!(done.cancelled || seen.pieces > 0 || body, "nothing empty is called an answer");
}

fn end(seen: &mut Seen) {
    assert!(seen.open, "one terminal message per accepted job");
    assert_eq!(seen.ended, seen.accepted, "the record comes before the frame");
    seen.terminal_frames += 1;
    seen.open = false;
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 10_000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_order_of_events_ends_every_job_exactly_once(events in prop::collection::vec(any_event(), 1..60)) {
        let mut seen = HashMap::new();
        let mut jobs = Jobs::default();
        for event in events.into_iter().chain([Event::Abandon, Event::EngineGone]) {
            let (next, effects) = jobs.step(event);
            jobs = next;
            effects.iter().for_each(|effect| watch(&mut seen, effect));
            let open = seen.values().filter(|seen| seen.open).count();
            prop_assert_eq!(open, usize::from(jobs.running().is_some()), "open jobs are the running one");
        }
        prop_assert!(jobs.is_quiet(), "abandoning and losing the engine leaves nothing behind");
        for (job, seen) in seen {
            prop_assert!(!seen.unread, "{} was refused unread and told so", job);
            prop_assert_eq!(seen.accepted, seen.terminal_frames + seen.abandoned, "{} ended once each time", job);
            prop_assert_eq!(seen.accepted, seen.ended, "{} has one closing record each time", job);
            prop_assert!(seen.credited <= seen.awaited, "{} is credited at most once per delivery", job);
        }
    }
}
