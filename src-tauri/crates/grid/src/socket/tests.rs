//! The socket's clockwork, under a clock that moves only when everybody waits.

use std::time::Duration;

use futures_util::{SinkExt, StreamExt};
use serde_json::{Value, json};
use tokio::io::{DuplexStream, duplex};
use tokio::time::{Instant, advance, sleep, timeout};
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::protocol::Role;
use types::{Answer, FinishReason, JobId, Piece};

use super::{CloseCause, Connection, Done, Event, Patience, Terminal, start};
use crate::line::{self, Line};

type Grid = WebSocketStream<DuplexStream>;

const SECOND: Duration = Duration::from_secs(1);

/// A registered connection and the coordinator's end of it, with a line that holds this many bytes.
async fn line(bytes: usize) -> (Connection, Grid) {
    let (ours, theirs) = duplex(bytes);
    let ours: Box<dyn Line> = Box::new(ours);
    let socket = WebSocketStream::from_raw_socket(ours, Role::Client, Some(line::limits())).await;
    let grid = WebSocketStream::from_raw_socket(theirs, Role::Server, None).await;
    (start(socket, Patience::default()), grid)
}

fn job(id: &str) -> Message {
    let request = json!({"messages": [{"role": "user", "content": "hi"}]});
    Message::text(json!({"type": "job", "id": id, "model": "m", "payload": {"request": request}}).to_string())
}

fn done(id: &str) -> Terminal {
    let answer = Answer::Chat { text: "Hi".into(), reasoning: "".into() };
    let (job, reason) = (JobId::new(id), FinishReason::Stop);
    Terminal::Done(Done { job, answer, reason, usage: None, cancelled: false, receipt: None })
}

async fn event(connection: &mut Connection) -> Event {
    timeout(60 * SECOND, connection.next()).await.expect("in time").expect("an event")
}

/// What a message is, in a word.
fn word(message: &Message) -> String {
    match message {
        Message::Text(text) => {
            let frame: Value = serde_json::from_str(text).expect("JSON");
            frame["type"].as_str().expect("a type").to_owned()
        }
        Message::Ping(_) => "socket ping".to_owned(),
        Message::Pong(_) => "socket pong".to_owned(),
        Message::Close(_) => "close".to_owned(),
        other => panic!("{other:?}"),
    }
}

/// Everything that comes until this moment.
async fn until(moment: Instant, grid: &mut Grid) -> Vec<String> {
    let mut words = Vec::new();
    while let Ok(message) = tokio::time::timeout_at(moment, grid.next()).await {
        words.push(word(&message.expect("the line is up").expect("readable")));
    }
    words
}

fn count(words: &[String], wanted: &str) -> usize {
    words.iter().filter(|word| *word == wanted).count()
}

#[tokio::test(start_paused = true)]
async fn ten_idle_minutes_are_silent_but_for_the_answers() {
    let (_connection, mut grid) = line(65_536).await;
    let began = Instant::now();
    let mut heard = Vec::new();
    for round in 1..=60 {
        heard.extend(until(began + round * 10 * SECOND, &mut grid).await);
        grid.send(Message::text(r#"{"type":"ping"}"#)).await.expect("sends");
    }
    heard.extend(until(Instant::now() + SECOND, &mut grid).await);
    assert_eq!(count(&heard, "pong"), 60, "one for each ping");
    let pings = count(&heard, "socket ping");
    assert!((19..=20).contains(&pings), "one every 30 s, not {pings}");
    assert_eq!(heard.len(), 60 + pings, "what is sent while idle would be read as part of the next job");
}

#[tokio::test(start_paused = true)]
async fn a_socket_ping_is_answered_at_once_also_in_a_job() {
    let (mut connection, mut grid) = line(65_536).await;
    for offer in [false, true] {
        if offer {
            grid.send(job("a")).await.expect("sends");
            assert!(matches!(event(&mut connection).await, Event::Offered(_)));
        }
        let asked = Instant::now();
        grid.send(Message::Ping(b"1234".to_vec().into())).await.expect("sends");
        let answer = grid.next().await.expect("an answer").expect("readable");
        assert_eq!(answer, Message::Pong(b"1234".to_vec().into()));
        assert_eq!(Instant::now(), asked, "20 s late would be a close with 1011");
    }
}

#[tokio::test(start_paused = true)]
async fn a_line_that_is_only_half_there_is_noticed_within_45_seconds() {
    for (with_job, alive) in [(false, 0), (false, 29), (false, 31), (true, 0), (true, 31)] {
        let (mut connection, mut grid) = line(65_536).await;
        if with_job {
            grid.send(job("a")).await.expect("sends");
            assert!(matches!(event(&mut connection).await, Event::Offered(_)));
        }
        until(Instant::now() + alive * SECOND, &mut grid).await;
        // From now on the other end is there and reads nothing.
        let dead = Instant::now();
        let ended = timeout(45 * SECOND, connection.next()).await.expect("noticed in time");
        assert_eq!(ended, Some(Event::Closed(CloseCause::Dropped("the Grid does not answer".into()))));
        assert!(dead.elapsed() > 5 * SECOND, "a short pause is none");
        drop(grid);
    }
}

#[tokio::test(start_paused = true)]
async fn a_line_that_takes_nothing_is_given_up() {
    let (mut connection, mut grid) = line(1024).await;
    grid.send(job("a")).await.expect("sends");
    assert!(matches!(event(&mut connection).await, Event::Offered(_)));
    let began = Instant::now();
    for _ in 0..100 {
        connection.piece(JobId::new("a"), Piece::Text("x".repeat(100).into()));
    }
    let ended = event(&mut connection).await;
    assert_eq!(ended, Event::Closed(CloseCause::Dropped("the line is stuck".into())));
    assert!(began.elapsed() <= 12 * SECOND, "{:?}", began.elapsed());
    drop(grid);
}

#[tokio::test(start_paused = true)]
async fn a_silent_job_gives_a_sign_every_second_and_none_after_its_end() {
    let (mut connection, mut grid) = line(65_536).await;
    grid.send(job("a")).await.expect("sends");
    assert!(matches!(event(&mut connection).await, Event::Offered(_)));
    let heard = until(Instant::now() + 240 * SECOND + SECOND / 2, &mut grid).await;
    assert_eq!(count(&heard, "pong"), 240);
    assert_eq!(heard.len(), 240 + count(&heard, "socket ping"));
    // A cancel is forwarded on a frame of ours, and must come through at once.
    grid.send(Message::text(r#"{"type":"cancel","id":"a"}"#)).await.expect("sends");
    assert_eq!(event(&mut connection).await, Event::Cancel(JobId::new("a")));
    connection.end(done("a"));
    let heard = until(Instant::now() + 25 * SECOND, &mut grid).await;
    assert_eq!(heard[0], "done");
    assert_eq!(count(&heard, "pong"), 0, "idle again, whether an ack comes or not");
}

#[tokio::test(start_paused = true)]
async fn pieces_are_signs_of_life_themselves() {
    let (mut connection, mut grid) = line(65_536).await;
    grid.send(job("a")).await.expect("sends");
    assert!(matches!(event(&mut connection).await, Event::Offered(_)));
    let mut heard = Vec::new();
    for _ in 0..20 {
        connection.piece(JobId::new("a"), Piece::Text("x".into()));
        // An empty piece is none.
        connection.piece(JobId::new("a"), Piece::Text("".into()));
        heard.extend(until(Instant::now() + SECOND * 9 / 10, &mut grid).await);
    }
    assert_eq!(heard, vec!["token"; 20]);
}

#[tokio::test(start_paused = true)]
async fn a_ping_in_a_job_has_its_answer_too() {
    let (mut connection, mut grid) = line(65_536).await;
    grid.send(job("a")).await.expect("sends");
    assert!(matches!(event(&mut connection).await, Event::Offered(_)));
    grid.send(Message::text(r#"{"type":"ping"}"#)).await.expect("sends");
    assert_eq!(until(Instant::now() + SECOND / 2, &mut grid).await, ["pong"]);
}

#[tokio::test(start_paused = true)]
async fn a_consumer_that_is_busy_for_minutes_keeps_its_line() {
    let (mut connection, mut grid) = line(65_536).await;
    let serving = tokio::spawn(async move {
        for _ in 0..30 {
            grid.send(Message::text(r#"{"type":"ping"}"#)).await.expect("sends");
            until(Instant::now() + 10 * SECOND, &mut grid).await;
        }
        grid.send(job("a")).await.expect("sends");
        grid
    });
    sleep(299 * SECOND).await;
    advance(2 * SECOND).await;
    assert!(matches!(event(&mut connection).await, Event::Offered(_)));
    drop(serving.await.expect("the line stayed up"));
}

#[tokio::test(start_paused = true)]
async fn a_protocol_that_grew_is_borne_and_a_flood_is_not() {
    let (mut connection, mut grid) = line(65_536).await;
    let news = || Message::text(r#"{"type":"news","of":[1]}"#);
    for _ in 0..3 {
        for _ in 0..900 {
            grid.send(news()).await.expect("sends");
        }
        assert_eq!(count(&until(Instant::now() + 61 * SECOND, &mut grid).await, "close"), 0);
    }
    for _ in 0..1001 {
        grid.send(news()).await.expect("sends");
    }
    let ended = event(&mut connection).await;
    assert_eq!(ended, Event::Closed(CloseCause::Garbled("too many frames of unknown kinds".into())));
}
