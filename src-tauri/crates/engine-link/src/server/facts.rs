//! What a server is, and what it says about its models.

use serde_json::Value;

use super::http::{Http, HttpFault};

/// More than any real server lists.
const MOST_MODELS: usize = 500;
/// Longer than any real model's name.
const LONGEST_NAME: usize = 256;
/// What is said of weights that the server does not describe.
const UNKNOWN: &str = "unknown";
/// What Ollama gives a model whose owner said nothing, unless the machine has plenty of memory.
const OLLAMA_CONTEXT: u32 = 4096;

/// Which program serves.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum ServerKind {
    /// `llama-server` of llama.cpp.
    LlamaCpp,
    /// Ollama.
    Ollama,
    /// LM Studio.
    LmStudio,
    /// vLLM.
    Vllm,
    /// SGLang.
    SgLang,
    /// Another one that speaks the same API.
    Other,
}

impl ServerKind {
    /// As its makers write it.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::LlamaCpp => "llama.cpp",
            Self::Ollama => "Ollama",
            Self::LmStudio => "LM Studio",
            Self::Vllm => "vLLM",
            Self::SgLang => "SGLang",
            Self::Other => "OpenAI-compatible server",
        }
    }

    /// Whether its models are in memory already, so that asking one costs the owner nothing.
    pub(crate) const fn is_resident(self) -> bool {
        match self {
            Self::LlamaCpp | Self::Vllm | Self::SgLang => true,
            Self::Ollama | Self::LmStudio | Self::Other => false,
        }
    }
}

/// A server's list.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Listing {
    pub(crate) kind: ServerKind,
    pub(crate) models: Vec<Listed>,
}

/// One model of the list.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Listed {
    pub(crate) name: String,
    /// What some servers say beside the name.
    about: Value,
}

impl Listed {
    /// How many weights it has, where the server says.
    pub(crate) fn parameters(&self) -> u64 {
        self.about["meta"]["n_params"].as_u64().unwrap_or_default()
    }

    /// How its weights are written, where the server says.
    pub(crate) fn quantization(&self) -> &str {
        let said = self.about["meta"]["ftype"].as_str();
        said.filter(|text| text.len() <= 32).unwrap_or(UNKNOWN)
    }

    /// Whether this is another model than that one under the same name. What a server does not say is no difference:
    /// some say it only while a model is in their memory.
    pub(crate) fn is_another(&self, than: &Self) -> bool {
        let (ours, theirs) = (self.parameters(), than.parameters());
        let (written, before) = (self.quantization(), than.quantization());
        (ours != theirs && ours != 0 && theirs != 0)
            || (written != before && written != UNKNOWN && before != UNKNOWN)
    }
}

/// Asks for the list of models, and finds out whose it is.
pub(crate) async fn listing(http: &Http) -> Result<Listing, HttpFault> {
    let page = http.look("/v1/models").await?;
    let header = page.headers().get("server").and_then(|name| name.to_str().ok()).map(str::to_owned);
    let body = http.read(page).await?;
    let list = body["data"].as_array().ok_or(HttpFault::Garbled)?;
    let models: Vec<Listed> = list.iter().take(MOST_MODELS).filter_map(listed).collect();
    let kind = match kind(header.as_deref(), &models) {
        Some(kind) => kind,
        // Models that were pulled under somebody's name are owned by that name.
        None if http.get("/api/version").await.is_ok_and(|said| said["version"].is_string()) => {
            ServerKind::Ollama
        }
        None => ServerKind::Other,
    };
    Ok(Listing { kind, models })
}

fn listed(about: &Value) -> Option<Listed> {
    let name = about["id"].as_str().filter(|name| !name.is_empty() && name.len() <= LONGEST_NAME)?;
    Some(Listed { name: name.to_owned(), about: about.clone() })
}

fn kind(header: Option<&str>, models: &[Listed]) -> Option<ServerKind> {
    if header.is_some_and(|header| header.starts_with("llama.cpp")) {
        return Some(ServerKind::LlamaCpp);
    }
    models.iter().find_map(|model| match model.about["owned_by"].as_str()? {
        "llamacpp" => Some(ServerKind::LlamaCpp),
        "library" => Some(ServerKind::Ollama),
        "organization_owner" => Some(ServerKind::LmStudio),
        "vllm" => Some(ServerKind::Vllm),
        "sglang" => Some(ServerKind::SgLang),
        _ => None,
    })
}

/// What a server says about one model as it runs. What the model could do elsewhere does not count.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct Told {
    /// How many tokens a prompt and its answer may have together.
    pub(crate) context: Option<u32>,
    /// Whether it looks at pictures.
    pub(crate) pictures: Option<bool>,
}

/// Asks about one model, in the way of each server.
pub(crate) async fn told(http: &Http, kind: ServerKind, model: &Listed) -> Told {
    let mut told = match kind {
        ServerKind::LlamaCpp => {
            let props = http.get("/props").await.unwrap_or_default();
            Told {
                context: tokens(&props["default_generation_settings"]["n_ctx"]),
                pictures: props["modalities"]["vision"].as_bool(),
            }
        }
        ServerKind::Ollama => ollama(http, &model.name).await,
        ServerKind::LmStudio => {
            let models = http.get("/api/v0/models").await.unwrap_or_default();
            let about = entry(&models["data"], "id", &model.name);
            let kind = about["type"].as_str();
            Told {
                context: tokens(&about["loaded_context_length"]),
                pictures: kind.map(|kind| kind == "vlm"),
            }
        }
        ServerKind::Vllm | ServerKind::SgLang | ServerKind::Other => Told::default(),
    };
    told.context = told.context.or_else(|| tokens(&model.about["max_model_len"]));
    told
}

/// The model in memory has the truth; one that is not there will get its own setting, or Ollama's usual one.
async fn ollama(http: &Http, model: &str) -> Told {
    let running = http.get("/api/ps").await.unwrap_or_default();
    let question = serde_json::json!({"model": model}).to_string();
    let shown = http.ask("/api/show", question).await.unwrap_or_default();
    let capabilities = shown["capabilities"].as_array();
    Told {
        context: tokens(&entry(&running["models"], "name", model)["context_length"]).or_else(|| set(&shown)),
        pictures: capabilities.map(|names| names.iter().any(|name| name == "vision")),
    }
}

fn set(shown: &Value) -> Option<u32> {
    let parameters = shown["parameters"].as_str().unwrap_or_default();
    let set = parameters.lines().find_map(|line| line.trim().strip_prefix("num_ctx")?.trim().parse().ok());
    let about = shown["model_info"].as_object()?;
    let (_, most) = about.iter().find(|(name, _)| name.ends_with(".context_length"))?;
    Some(set.unwrap_or(OLLAMA_CONTEXT).min(tokens(most)?))
}

/// The entry of a list that has this name.
fn entry<'a>(list: &'a Value, field: &str, name: &str) -> &'a Value {
    let found = list.as_array().and_then(|list| list.iter().find(|about| about[field] == *name));
    found.unwrap_or(&Value::Null)
}

fn tokens(value: &Value) -> Option<u32> {
    value.as_u64()?.try_into().ok().filter(|tokens| *tokens > 0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn servers_are_told_apart_by_what_they_say_of_themselves() {
        let check = |header: Option<&str>, owner: &str, expected: Option<ServerKind>| {
            let about = serde_json::json!({"id": "m", "owned_by": owner});
            let models: Vec<Listed> = listed(&about).into_iter().collect();
            assert_eq!(kind(header, &models), expected, "{header:?} {owner}");
        };
        check(Some("llama.cpp"), "", Some(ServerKind::LlamaCpp));
        check(None, "llamacpp", Some(ServerKind::LlamaCpp));
        check(None, "library", Some(ServerKind::Ollama));
        check(None, "organization_owner", Some(ServerKind::LmStudio));
        check(Some("uvicorn"), "vllm", Some(ServerKind::Vllm));
        check(Some("uvicorn"), "sglang", Some(ServerKind::SgLang));
        check(Some("nginx"), "somebody", None);
    }

    #[test]
    fn names_no_list_would_hold_are_left_out() {
        for id in [Value::Null, "".into(), 7.into(), "x".repeat(LONGEST_NAME + 1).into()] {
            assert_eq!(listed(&serde_json::json!({"id": id})), None);
        }
        assert_eq!(tokens(&4_294_967_296_u64.into()), None, "larger than any context");
        assert_eq!(tokens(&0.into()), None);
    }
}
