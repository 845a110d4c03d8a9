//! Between text and tokens.

mod bytes;
mod detokenizer;
mod shield;
mod splitting;
mod stop;
mod template;
mod vocabulary;

pub use detokenizer::Detokenizer;
pub use shield::Shield;
pub use stop::{Found, StopFilter};
pub use template::{Template, TemplateError};
pub use vocabulary::{Vocabulary, VocabularyError};
