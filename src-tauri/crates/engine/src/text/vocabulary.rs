//! A model's tokenizer, from the keys of its file alone.

use std::collections::{BTreeSet, HashMap};

use tokenizers::Tokenizer;
use tokenizers::models::bpe::{BPE, Vocab};

use super::bytes::bytes_of;
use super::splitting::Splitting;
use crate::preflight::{Defect, Gap, Metadata, PreflightError};

/// Texts by which common models mark the end of a turn, whichever key their file names it under.
const END_TEXTS: [&str; 7] = [
    "<|im_end|>",
    "<|eot_id|>",
    "<|eom_id|>",
    "<|endoftext|>",
    "<|end_of_text|>",
    "<|end|>",
    "<end_of_turn>",
];

/// The tokenizer failed at a text.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the text could not be split into tokens")]
pub struct VocabularyError;

/// What an entry is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Role {
    /// Text.
    Normal,
    /// Structure of the conversation: found only in what the template wrote, never shown.
    Control,
    /// Text that is always one token.
    Whole,
}

/// Entries, how to find them in text, and what text they are.
pub struct Vocabulary {
    merging: Tokenizer,
    /// What each token adds to the answer; nothing for control tokens.
    pieces: Vec<Vec<u8>>,
    roles: Vec<Role>,
    /// The texts of `Control` and `Whole` tokens, by first byte, longest first.
    specials: HashMap<u8, Vec<(String, u32)>>,
    ends: BTreeSet<u32>,
    begin: Option<u32>,
    begins_text: bool,
    begin_text: String,
    end_text: String,
}

impl Vocabulary {
    /// Builds the tokenizer a file describes.
    pub fn new(metadata: &Metadata) -> Result<Self, PreflightError> {
        if metadata.text("tokenizer.ggml.model") != Some("gpt2") {
            return Err(Gap::Tokenizer.into());
        }
        let splitting = Splitting::from_name(metadata.text("tokenizer.ggml.pre")).ok_or(Gap::Tokenizer)?;
        let entries = metadata.texts("tokenizer.ggml.tokens").ok_or_else(|| missing("tokens"))?;
        let roles = roles(metadata, entries.len())?;
        let begin = token_id(metadata, "bos", entries.len())?;
        let end = token_id(metadata, "eos", entries.len())?;
        let text = |id: Option<u32>| id.map_or_else(String::new, |id| entries[id as usize].clone());
        Ok(Self {
            merging: merging(metadata, entries, splitting)?,
            pieces: entries.iter().zip(&roles).map(|(entry, role)| piece(entry, *role)).collect(),
            specials: specials(entries, &roles),
            ends: ends(metadata, entries, &roles)?,
            begins_text: metadata
                .flag("tokenizer.ggml.add_bos_token")
                .unwrap_or(splitting == Splitting::Llama3),
            begin_text: text(begin),
            end_text: text(end),
            begin,
            roles,
        })
    }

    /// The tokens of a rendered template.
    ///
    /// Control tokens are recognised, except where `unshield` shows that a message spelled them.
    pub fn encode(&self, text: &str, unshield: impl Fn(&str) -> String) -> Result<Vec<u32>, VocabularyError> {
        let mut tokens = Vec::new();
        let mut plain_from = 0;
        let mut at = 0;
        while at < text.len() {
            let Some((length, token)) = self.special_at(&text[at..]) else {
                at += text[at..].chars().next().map_or(1, char::len_utf8);
                continue;
            };
            self.merge(&unshield(&text[plain_from..at]), &mut tokens)?;
            tokens.push(token);
            at += length;
            plain_from = at;
        }
        self.merge(&unshield(&text[plain_from..]), &mut tokens)?;
        if let Some(begin) = self.begin.filter(|begin| self.begins_text && tokens.first() != Some(begin)) {
            tokens.insert(0, begin);
        }
        Ok(tokens)
    }

    fn merge(&self, text: &str, tokens: &mut Vec<u32>) -> Result<(), VocabularyError> {
        if !text.is_empty() {
            let encoding = self.merging.encode_fast(text, false).map_err(|_| VocabularyError)?;
            tokens.extend_from_slice(encoding.get_ids());
        }
        Ok(())
    }

    fn special_at(&self, text: &str) -> Option<(usize, u32)> {
        let candidates = self.specials.get(text.as_bytes().first()?)?;
        let (entry, token) = candidates.iter().find(|(entry, _)| text.starts_with(entry))?;
        Some((entry.len(), *token))
    }

    /// Whether a control token's text begins here.
    pub fn is_control_at(&self, text: &str) -> bool {
        self.special_at(text).is_some_and(|(_, token)| self.roles[token as usize] == Role::Control)
    }

    /// The bytes a token adds to the answer, empty for control tokens and unknown ids.
    pub fn piece(&self, token: u32) -> &[u8] {
        self.pieces.get(token as usize).map_or(&[], Vec::as_slice)
    }

    /// Whether the answer ends here.
    pub fn is_end(&self, token: u32) -> bool {
        self.ends.contains(&token)
    }

    /// The text of the token that begins a text, for templates; empty if there is none.
    pub fn begin_text(&self) -> &str {
        &self.begin_text
    }

    /// The text of the token that ends a text, for templates; empty if there is none.
    pub fn end_text(&self) -> &str {
        &self.end_text
    }
}

fn missing(key: &str) -> Defect {
    Defect::Key(format!("tokenizer.ggml.{key}"))
}

fn merging(
    metadata: &Metadata,
    entries: &[String],
    splitting: Splitting,
) -> Result<Tokenizer, PreflightError> {
    const BROKEN: Defect = Defect::Inconsistent("the tokenizer's merges do not fit its vocabulary");
    let merges = metadata.texts("tokenizer.ggml.merges").ok_or_else(|| missing("merges"))?;
    let pair =
        |merge: &String| merge.split_once(' ').map(|(left, right)| (left.to_owned(), right.to_owned()));
    let merges = merges.iter().map(pair).collect::<Option<Vec<_>>>().ok_or(BROKEN)?;
    let vocabulary: Vocab = entries.iter().cloned().zip(0..).collect();
    let model = BPE::builder()
        .vocab_and_merges(vocabulary, merges)
        .ignore_merges(splitting.ignores_merges())
        .build()
        .map_err(|_| BROKEN)?;
    let mut tokenizer = Tokenizer::new(model);
    tokenizer.with_normalizer(splitting.normalizer()).map_err(|_| BROKEN)?;
    tokenizer.with_pre_tokenizer(Some(splitting.pre_tokenizer().map_err(|_| BROKEN)?));
    Ok(tokenizer)
}

fn roles(metadata: &Metadata, count: usize) -> Result<Vec<Role>, Defect> {
    let Some(types) = metadata.numbers("tokenizer.ggml.token_type") else {
        return Ok(vec![Role::Normal; count]);
    };
    if types.len() != count {
        return Err(Defect::Inconsistent("the token types are not as many as the tokens"));
    }
    Ok(types.iter().map(|kind| role(*kind)).collect())
}

fn role(kind: i64) -> Role {
    match kind {
        // Unknown, control, unused.
        2 | 3 | 5 => Role::Control,
        4 => Role::Whole,
        _ => Role::Normal,
    }
}

fn piece(entry: &str, role: Role) -> Vec<u8> {
    match role {
        Role::Normal => bytes_of(entry),
        Role::Whole => entry.as_bytes().to_vec(),
        Role::Control => Vec::new(),
    }
}

fn specials(entries: &[String], roles: &[Role]) -> HashMap<u8, Vec<(String, u32)>> {
    let mut specials: HashMap<u8, Vec<(String, u32)>> = HashMap::new();
    for ((entry, role), token) in entries.iter().zip(roles).zip(0..) {
        if let (Some(&first), false) = (entry.as_bytes().first(), *role == Role::Normal) {
            specials.entry(first).or_default().push((entry.clone(), token));
        }
    }
    for list in specials.values_mut() {
        list.sort_by_key(|(entry, _)| std::cmp::Reverse(entry.len()));
    }
    specials
}

fn token_id(metadata: &Metadata, which: &str, count: usize) -> Result<Option<u32>, Defect> {
    let Some(id) = metadata.unsigned(&format!("tokenizer.ggml.{which}_token_id")) else { return Ok(None) };
    if id >= count as u64 {
        return Err(Defect::Inconsistent("a special token is not in the vocabulary"));
    }
    Ok(Some(id as u32))
}

fn ends(metadata: &Metadata, entries: &[String], roles: &[Role]) -> Result<BTreeSet<u32>, Defect> {
    let mut ends = BTreeSet::new();
    for which in ["eos", "eot", "eom"] {
        ends.extend(token_id(metadata, which, entries.len())?);
    }
    let marked =
        |(entry, role): (&String, &Role)| *role == Role::Control && END_TEXTS.contains(&entry.as_str());
    ends.extend((0..).zip(entries.iter().zip(roles)).filter(|(_, pair)| marked(*pair)).map(|(id, _)| id));
    Ok(ends)
}
