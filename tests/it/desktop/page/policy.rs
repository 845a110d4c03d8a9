//! What a hostile page would try.

use serde_json::{Value, json};

use super::Page;

impl Page {
    /// What a command of the app answers to the page itself.
    pub(crate) async fn invoke(&self, command: &str, arguments: Value) -> Value {
        const ASK: &str = "const [command, values, done] = arguments;
            window.__TAURI_INTERNALS__.invoke(command, values).then(
                () => done({ worked: true }), (why) => done({ worked: false, why: String(why) }))";
        self.client.execute_async(ASK, vec![json!(command), arguments]).await.expect("an answer")
    }

    /// Puts a script into the page and returns by which rule of the page's policy it was blocked.
    pub(crate) async fn inline_script_is_blocked(&self) -> Value {
        const TRY: &str = "const [done] = arguments;
            document.addEventListener('securitypolicyviolation', (event) => done(event.effectiveDirective));
            const script = document.createElement('script');
            script.textContent = 'window.wasRun = true';
            document.body.append(script);
            if (window.wasRun) done('was run')";
        self.client.execute_async(TRY, vec![]).await.expect("an answer")
    }

    /// Lets the page try to show another page.
    pub(crate) async fn try_to_leave(&self, url: &str) {
        let _ = self.client.execute("location.href = arguments[0]", vec![json!(url)]).await;
        let _ = self.client.execute("window.open(arguments[0])", vec![json!(url)]).await;
    }

    /// What a script of ours finds on the page. The driver's scripts are not the page's: its policy does not bind them.
    pub(crate) async fn find_out(&self, script: &str) -> Value {
        self.client.execute(script, vec![]).await.expect("an answer")
    }
}
