//! Text flows, and ends as it should. On kjv-tiny.

use std::collections::HashSet;
use std::fs::File;

use engine::preflight::Preflight;
use engine_protocol::{Finish, FromEngine, Generate};

use super::rig::{Engine, kjv_tiny, request, turn};

const PROMPT: &str = "And the LORD said unto";

fn hot(seed: u64) -> Generate {
    Generate { seed, temperature: 0.8, ..request(PROMPT, 60) }
}

#[test]
fn greedy_is_the_same_twice_and_in_a_new_process() {
    let mut engine = Engine::with(&kjv_tiny());
    let first = engine.ask(request(PROMPT, 40));
    assert_eq!(engine.ask(request(PROMPT, 40)).text, first.text);
    assert_eq!(Engine::with(&kjv_tiny()).ask(request(PROMPT, 40)).text, first.text);
    let (reason, usage) = first.finish();
    assert_eq!((reason, usage.completion_tokens), (Finish::Length, 40));
}

#[test]
fn a_seed_fixes_the_answer_and_another_seed_changes_it() {
    let mut engine = Engine::with(&kjv_tiny());
    let texts: HashSet<String> = (0..8).map(|seed| engine.ask(hot(seed)).text).collect();
    assert!(texts.len() > 4, "eight seeds gave only {} different answers", texts.len());
    assert_eq!(engine.ask(hot(3)).text, engine.ask(hot(3)).text);
}

/// Whole words of the book: vocabulary entries that begin with a space.
fn known_words() -> HashSet<String> {
    let preflight = Preflight::check(File::open(kjv_tiny()).expect("opens")).expect("well-formed");
    let entries = preflight.metadata.texts("tokenizer.ggml.tokens").expect("has tokens");
    entries.iter().filter_map(|entry| entry.strip_prefix('Ġ')).map(str::to_lowercase).collect()
}

#[test]
fn the_words_are_words() {
    let mut engine = Engine::with(&kjv_tiny());
    let known = known_words();
    let text = engine.ask(request("And the LORD said unto", 120)).text;
    let words: Vec<String> = text
        .split(|letter: char| !letter.is_alphabetic())
        .filter(|word| !word.is_empty())
        .map(str::to_lowercase)
        .collect();
    let found = words.iter().filter(|word| known.contains(*word)).count();
    assert!(words.len() > 40, "{text}");
    assert!(found * 10 > words.len() * 9, "only {found} of {} words are known: {text}", words.len());
}

#[test]
fn verses_end_by_themselves_and_the_end_is_not_counted() {
    let mut engine = Engine::with(&kjv_tiny());
    let ends = (0..12).map(|seed| engine.ask(hot(seed))).filter(|answer| {
        let (reason, usage) = answer.finish();
        assert!(!answer.text.contains("<|"), "control tokens are not text");
        assert_eq!(reason == Finish::Length, usage.completion_tokens == 60);
        reason == Finish::Stop
    });
    assert!(ends.count() >= 3, "of twelve verses at least a few end within sixty tokens");
}

#[test]
fn a_stop_text_ends_the_answer_wherever_it_lies() {
    let mut engine = Engine::with(&kjv_tiny());
    let whole = engine.ask(request(PROMPT, 40)).text;
    let letters: Vec<(usize, char)> = whole.char_indices().collect();
    // Every few letters: most of these lie across token borders.
    for start in (1..letters.len() - 8).step_by(7) {
        let stop = whole[letters[start].0..letters[start + 7].0].to_owned();
        let answer =
            engine.ask(Generate { stop: vec!["\u{1F980}".into(), stop.clone()], ..request(PROMPT, 40) });
        assert_eq!(answer.finish().0, Finish::Stop);
        assert_eq!(answer.text, whole[..whole.find(&stop).expect("it is in there")], "stop text {stop:?}");
    }
}

#[test]
fn a_stop_text_that_never_comes_changes_nothing() {
    let mut engine = Engine::with(&kjv_tiny());
    let whole = engine.ask(request(PROMPT, 40));
    // Each end of the answer could become this stop text, so the last letters are held back until the end.
    let last: String = whole.text.chars().rev().take(3).collect::<Vec<_>>().into_iter().rev().collect();
    let answer = engine.ask(Generate { stop: vec![last.clone() + "\u{1F980}"], ..request(PROMPT, 40) });
    assert_eq!(answer.text, whole.text);
    assert_eq!(answer.finish().0, Finish::Length);
}

#[test]
fn a_prompt_beyond_the_context_is_refused_in_the_agreed_words() {
    let mut engine = Engine::with(&kjv_tiny());
    let answer = engine.ask(request(&"And the LORD said. ".repeat(200), 5));
    let FromEngine::Refused { message, .. } = answer.end else { panic!("{:?}", answer.end) };
    let numbers =
        message.strip_prefix("context length exceeded (").and_then(|rest| rest.strip_suffix(" > 512)"));
    let needed: u32 = numbers.expect(&message).parse().expect("a number");
    assert!(needed > 512);
    engine.ask(request(PROMPT, 5)).finish();
}

#[test]
fn the_border_of_the_context_is_exact() {
    let mut engine = Engine::with(&kjv_tiny());
    let prompt = engine.ask(request(PROMPT, 1)).finish().1.prompt_tokens;
    engine.load_within(&kjv_tiny(), Some(prompt + 1)).expect("loads");
    let (reason, usage) = engine.ask(request(PROMPT, 5)).finish();
    assert_eq!((reason, usage.completion_tokens), (Finish::Length, 1), "there was room for one token");
    engine.load_within(&kjv_tiny(), Some(prompt)).expect("loads");
    let words = format!("context length exceeded ({} > {prompt})", prompt + 1);
    check_refused(&mut engine, request(PROMPT, 5), &words);
}

#[test]
fn a_full_context_ends_the_answer() {
    let mut engine = Engine::with(&kjv_tiny());
    let request = Generate { stop: vec![], ..request(&"and ".repeat(450), 32_768) };
    let (reason, usage) = engine.ask(request).finish();
    assert!(usage.prompt_tokens > 400);
    if reason == Finish::Length {
        assert_eq!(usage.prompt_tokens + usage.completion_tokens, 512);
    } else {
        panic!("the greedy answer to this prompt is expected to run to the end, not {reason:?}");
    }
}

#[test]
fn a_long_prompt_tells_how_far_it_is_read() {
    let mut engine = Engine::with(&kjv_tiny());
    engine.say(&engine_protocol::ToEngine::Generate(Box::new(request(&"and ".repeat(300), 1))));
    let mut percents = Vec::new();
    while percents.last() != Some(&100) {
        let message = engine.next();
        let FromEngine::Progress { percent, .. } = message else {
            panic!("{message:?} before the prompt was read")
        };
        percents.push(percent);
    }
    assert!(percents.len() >= 4, "{percents:?}");
    assert!(percents.is_sorted());
    engine.collect("job-1");
}

#[test]
fn no_time_means_no_tokens() {
    let mut engine = Engine::with(&kjv_tiny());
    let (reason, usage) = engine.ask(Generate { max_seconds: 0, ..request(PROMPT, 40) }).finish();
    assert_eq!((reason, usage.completion_tokens), (Finish::Length, 0));
}

fn check_refused(engine: &mut Engine, request: Generate, word: &str) {
    match engine.ask(request).end {
        FromEngine::Refused { message, .. } => {
            assert!(message.contains(word), "{message:?} should say {word}")
        }
        other => panic!("{other:?} instead of a refusal about {word}"),
    }
}

#[test]
fn requests_that_make_no_sense_are_refused() {
    let mut engine = Engine::with(&kjv_tiny());
    check_refused(&mut engine, Generate { messages: vec![], ..request(PROMPT, 5) }, "messages");
    check_refused(&mut engine, request(PROMPT, 0), "max_tokens");
    check_refused(&mut engine, Generate { temperature: -1.0, ..request(PROMPT, 5) }, "temperature");
    check_refused(&mut engine, Generate { top_p: 1.5, ..request(PROMPT, 5) }, "top_p");
    check_refused(
        &mut engine,
        Generate { repetition_penalty: 0.0, ..request(PROMPT, 5) },
        "repetition_penalty",
    );
    check_refused(&mut engine, Generate { stop: vec!["x".into(); 65], ..request(PROMPT, 5) }, "stop");
    engine.ask(request(PROMPT, 5)).finish();
}

#[test]
fn penalties_break_a_loop() {
    let mut engine = Engine::with(&kjv_tiny());
    let variety = |text: &str| {
        let words: Vec<&str> = text.split_whitespace().collect();
        words.iter().collect::<HashSet<_>>().len() as f64 / words.len() as f64
    };
    let plain = variety(&engine.ask(request(PROMPT, 60)).text);
    for penalised in [
        Generate { frequency_penalty: 1.0, ..request(PROMPT, 60) },
        Generate { presence_penalty: 2.0, ..request(PROMPT, 60) },
        Generate { repetition_penalty: 1.3, ..request(PROMPT, 60) },
    ] {
        let found = variety(&engine.ask(penalised).text);
        assert!(found > plain * 1.2, "{found} of the words differ, {plain} without a penalty");
    }
}

#[test]
fn a_conversation_is_more_than_its_last_turn() {
    let mut engine = Engine::with(&kjv_tiny());
    let short = engine.ask(request(PROMPT, 5)).finish().1.prompt_tokens;
    let turns =
        vec![turn("system", "Speak."), turn("user", PROMPT), turn("assistant", "me"), turn("user", PROMPT)];
    let long = engine.ask(Generate { messages: turns, ..request(PROMPT, 5) }).finish().1.prompt_tokens;
    assert!(long > 2 * short);
}
