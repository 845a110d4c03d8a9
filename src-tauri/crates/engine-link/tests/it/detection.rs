//! Which servers run here, and what are they?

use std::sync::Arc;

use engine_link::{FoundModel, ServerAddress, ServerFault, ServerKind, detect, survey};
use tokio::net::TcpListener;
use types::{ApiFormat, Sensitive};

use crate::fake::{Asked, Fake, Reply};

async fn check(script: fn(&Asked) -> Option<Reply>, kind: ServerKind, context: Option<u32>) {
    let fake = Fake::start(script).await;
    let found = detect(&[fake.port]).await;
    assert_eq!(found.len(), 1, "{kind:?}");
    assert_eq!((found[0].kind, found[0].models[0].context), (kind, context));
    let tried = !fake.asked("POST /v1/messages").is_empty();
    let costs_nothing = matches!(kind, ServerKind::LlamaCpp | ServerKind::Vllm | ServerKind::SgLang);
    assert_eq!(tried, costs_nothing, "{kind:?}: a look must not fill the owner's memory");
}

fn on(asked: &Asked, page: &str, json: &str) -> Option<Reply> {
    (asked.page == page).then(|| Reply::json(200, json))
}

fn ollama(asked: &Asked) -> Option<Reply> {
    let show = r#"{"parameters":"stop x\nnum_ctx   16384","model_info":{"llama.context_length":131072}}"#;
    on(asked, "GET /v1/models", r#"{"data":[{"id":"llama3:8b","owned_by":"eve"}]}"#)
        .or_else(|| on(asked, "GET /api/version", r#"{"version":"0.9"}"#))
        .or_else(|| on(asked, "POST /api/show", show))
}

fn ollama_in_memory(asked: &Asked) -> Option<Reply> {
    let running = r#"{"models":[{"name":"llama3:8b","context_length":8192}]}"#;
    on(asked, "GET /api/ps", running).or_else(|| ollama(asked))
}

#[tokio::test]
async fn each_server_is_known_by_its_ways() {
    check(|_| None, ServerKind::Vllm, Some(8192)).await;
    check(ollama, ServerKind::Ollama, Some(16_384)).await;
    check(ollama_in_memory, ServerKind::Ollama, Some(8192)).await;
    check(
        |asked| {
            let list = r#"{"data":[{"id":"m","owned_by":"organization_owner"}]}"#;
            let more = r#"{"data":[{"id":"m","loaded_context_length":4096,"max_context_length":32768}]}"#;
            on(asked, "GET /v1/models", list).or_else(|| on(asked, "GET /api/v0/models", more))
        },
        ServerKind::LmStudio,
        Some(4096),
    )
    .await;
    check(
        |asked| {
            let list = r#"{"data":[{"id":"m","owned_by":"llamacpp","meta":{"n_ctx_train":131072}}]}"#;
            let props = r#"{"default_generation_settings":{"n_ctx":2048}}"#;
            on(asked, "GET /v1/models", list).or_else(|| on(asked, "GET /props", props))
        },
        ServerKind::LlamaCpp,
        Some(2048),
    )
    .await;
    check(|asked| on(asked, "GET /v1/models", r#"{"data":[{"id":"m"}]}"#), ServerKind::Other, None).await;
}

#[tokio::test]
async fn whatever_is_no_server_is_passed_over_and_the_rest_keep_their_order() {
    let silent = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let silent_port = silent.local_addr().expect("an address").port();
    let page = Fake::start(|_| Some(Reply::json(200, "<html>my router</html>"))).await;
    let list = Fake::start(|asked| on(asked, "GET /v1/models", r#"{"data":"many"}"#)).await;
    let (first, second) = (Fake::start(|_| None).await, Fake::start(|_| None).await);
    let found = detect(&[silent_port, second.port, page.port, 1, list.port, first.port]).await;
    let addresses: Vec<String> = found.iter().map(|found| found.address.to_string()).collect();
    let expected = [second.port, first.port].map(|port| format!("http://127.0.0.1:{port}"));
    assert_eq!(addresses, expected);
    let model = FoundModel { name: "fake-1".to_owned(), context: Some(8192) };
    assert_eq!(found[0].models, [model]);
    assert_eq!(found[0].formats, [ApiFormat::OpenAiChat], "it spoke no other");
}

#[tokio::test]
async fn an_address_that_was_typed_gets_an_answer_in_words() {
    let locked =
        Fake::start(|asked| (!asked.head.contains("bearer mine")).then(|| Reply::json(401, "{}"))).await;
    let address = locked.settings().address;
    assert_eq!(survey(&address, None).await, Err(ServerFault::Locked));
    let key = Arc::new(Sensitive::new("mine".to_owned()));
    assert_eq!(survey(&address, Some(&key)).await.map(|found| found.kind), Ok(ServerKind::Vllm));
    let page = Fake::start(|_| Some(Reply::json(404, "no"))).await;
    let foreign = survey(&page.settings().address, None).await;
    assert!(matches!(foreign, Err(ServerFault::Foreign(_))), "{foreign:?}");
    let nobody = ServerAddress::parse("http://localhost:1").expect("an address");
    let unreachable = survey(&nobody, None).await;
    assert!(matches!(unreachable, Err(ServerFault::Unreachable(_))), "{unreachable:?}");
}

/// The one test that runs itself again, because only another process may have another environment.
#[tokio::test]
async fn no_proxy_of_the_environment_is_used() {
    const SERVER: &str = "GRID_NODE_TEST_SERVER";
    if let Ok(address) = std::env::var(SERVER) {
        let address = ServerAddress::parse(&address).expect("an address");
        survey(&address, None).await.expect("it is reached");
        return;
    }
    let (server, proxy) = (Fake::start(|_| None).await, Fake::start(|_| None).await);
    let mut again = tokio::process::Command::new(std::env::current_exe().expect("a path"));
    again.args(["--exact", "detection::no_proxy_of_the_environment_is_used"]);
    again.env(SERVER, server.settings().address.to_string());
    for name in ["http_proxy", "HTTP_PROXY", "ALL_PROXY", "all_proxy"] {
        again.env(name, format!("http://127.0.0.1:{}", proxy.port));
    }
    let output = again.output().await.expect("it runs");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stdout));
    assert!(!server.asked("GET /v1/models").is_empty(), "it was asked directly");
}
