//! The compiler, the simulator and the machine for JavaScript, in Node and in browsers. Nothing is decided here: a
//! [`Project`] is files in memory, and every answer is the compiler's own. Values cross the border as JSON; their types
//! are in `types.d.ts`, which is generated from [`reply`].

use wasm_bindgen::prelude::wasm_bindgen;
use wasm_bindgen::{JsError, JsValue};

pub mod call;
mod places;
pub mod project;
pub mod reply;

use call::Session;
use project::Folder;
use serde::Serialize;
use serde::de::DeserializeOwned;

#[wasm_bindgen(typescript_custom_section)]
const TYPES: &str = include_str!("types.d.ts");

#[wasm_bindgen]
extern "C" {
    #[wasm_bindgen(js_namespace = JSON, js_name = parse)]
    fn json_parse(text: &str) -> JsValue;
    #[wasm_bindgen(js_namespace = JSON, js_name = stringify)]
    fn json_text(value: &JsValue) -> Option<String>;
}

/// A value for JavaScript.
fn give(value: &impl Serialize) -> JsValue {
    // Our own types always serialize.
    json_parse(&serde_json::to_string(value).unwrap_or_default())
}

/// A value from JavaScript.
fn take<T: DeserializeOwned>(value: &JsValue) -> Result<T, JsError> {
    let text = json_text(value).unwrap_or_default();
    serde_json::from_str(&text).map_err(|e| JsError::new(&format!("that is no value for this: {e}")))
}

fn refuse(why: String) -> JsError {
    JsError::new(&why)
}

/// The version of the compiler.
#[wasm_bindgen]
#[must_use]
pub fn version() -> String {
    env!("CARGO_PKG_VERSION").to_owned()
}

/// Every kind of node and of entity, and every code of findings.
#[wasm_bindgen(unchecked_return_type = "Catalogue")]
#[must_use]
pub fn catalogue() -> JsValue {
    give(&project::catalogue())
}

/// The manual's paragraph on a code of findings.
#[wasm_bindgen(unchecked_return_type = "Explanation | undefined")]
#[must_use]
pub fn explain(code: &str) -> JsValue {
    project::explain(code).map_or(JsValue::UNDEFINED, |explanation| give(&explanation))
}

/// Files that make one phone system.
#[wasm_bindgen]
pub struct Project(Folder);

#[wasm_bindgen]
impl Project {
    /// Reads and checks files.
    ///
    /// # Errors
    /// The files aren't a list of names and texts.
    #[wasm_bindgen(constructor)]
    pub fn new(#[wasm_bindgen(unchecked_param_type = "File[]")] files: &JsValue) -> Result<Project, JsError> {
        Ok(Project(Folder::new(take(files)?)))
    }

    /// Replaces a file or adds it.
    pub fn set(&mut self, name: String, text: String) {
        self.0.set(reply::File { name, text });
    }

    /// Takes a file away. Whether there was one.
    pub fn remove(&mut self, name: &str) -> bool {
        self.0.remove(name)
    }

    /// Everything that was found, in the order of the sources.
    #[wasm_bindgen(unchecked_return_type = "Finding[]")]
    #[must_use]
    pub fn check(&self) -> JsValue {
        give(&self.0.check())
    }

    /// The flows with their nodes.
    #[wasm_bindgen(unchecked_return_type = "Flow[]")]
    #[must_use]
    pub fn flows(&self) -> JsValue {
        give(&self.0.flows())
    }

    /// The canonical text of a file.
    ///
    /// # Errors
    /// It isn't text, or something of it couldn't be read and would be lost.
    pub fn format(&self, name: &str) -> Result<String, JsError> {
        self.0.format(name).map_err(refuse)
    }

    /// Every flow as React Flow JSON.
    ///
    /// # Errors
    /// Something would be lost.
    #[wasm_bindgen(js_name = toJson, unchecked_return_type = "Canvases")]
    pub fn to_json(&self) -> Result<JsValue, JsError> {
        self.0.to_json().map(|canvases| give(&canvases)).map_err(refuse)
    }

    /// Canvases, catalogue and text as text.
    ///
    /// # Errors
    /// Something would be lost.
    #[wasm_bindgen(js_name = toText, unchecked_return_type = "File[]")]
    pub fn to_text(&self) -> Result<JsValue, JsError> {
        self.0.to_text().map(|files| give(&files)).map_err(refuse)
    }

    /// The program of a flow.
    ///
    /// # Errors
    /// There is no such flow, or it has errors.
    pub fn compile(&self, flow: &str) -> Result<Vec<u8>, JsError> {
        self.0.program(flow).map(|program| program.encode()).map_err(refuse)
    }

    /// The listing of a flow's program.
    ///
    /// # Errors
    /// There is no such flow, or it has errors.
    pub fn disassemble(&self, flow: &str) -> Result<String, JsError> {
        self.0.listing(flow).map_err(refuse)
    }

    /// Runs every `test` block.
    #[wasm_bindgen(unchecked_return_type = "TestResult[]")]
    #[must_use]
    pub fn tests(&self) -> JsValue {
        give(&self.0.tests())
    }

    /// What the tests come to, flow by flow.
    #[wasm_bindgen(unchecked_return_type = "Covered[]")]
    #[must_use]
    pub fn coverage(&self) -> JsValue {
        give(&self.0.coverage())
    }

    /// Starts a simulated call.
    ///
    /// # Errors
    /// Nobody can be called so, or the flow has errors.
    pub fn call(
        &self,
        #[wasm_bindgen(unchecked_param_type = "NewCall")] call: &JsValue,
    ) -> Result<Call, JsError> {
        Session::start(&self.0, &take(call)?).map(Call).map_err(refuse)
    }

    /// A picture of a flow.
    ///
    /// # Errors
    /// There is no such flow, or it is too large to be drawn.
    pub fn draw(
        &self,
        flow: &str,
        #[wasm_bindgen(unchecked_param_type = "\"svg\" | \"mermaid\" | \"dot\"")] to: &str,
    ) -> Result<String, JsError> {
        self.0.draw(flow, to).map_err(refuse)
    }

    /// Where the nodes of a flow's picture are.
    ///
    /// # Errors
    /// There is no such flow, or it is too large to be drawn.
    #[wasm_bindgen(unchecked_return_type = "Placed")]
    pub fn layout(&self, flow: &str) -> Result<JsValue, JsError> {
        self.0.layout(flow).map(|placed| give(&placed)).map_err(refuse)
    }

    /// What may be written where is pointed.
    ///
    /// # Errors
    /// There is no such file or flow.
    #[wasm_bindgen(unchecked_return_type = "Completions")]
    pub fn complete(
        &self,
        #[wasm_bindgen(unchecked_param_type = "Pointer")] at: &JsValue,
    ) -> Result<JsValue, JsError> {
        self.0.complete(&take(at)?).map(|found| give(&found)).map_err(refuse)
    }

    /// What is pointed at, explained in Markdown; nothing where there is nothing to explain.
    ///
    /// # Errors
    /// There is no such file or flow.
    pub fn hover(
        &self,
        #[wasm_bindgen(unchecked_param_type = "Pointer")] at: &JsValue,
    ) -> Result<Option<String>, JsError> {
        self.0.hover(&take(at)?).map_err(refuse)
    }

    /// Where it is made.
    ///
    /// # Errors
    /// There is no such file or flow.
    #[wasm_bindgen(unchecked_return_type = "Range[]")]
    pub fn definition(
        &self,
        #[wasm_bindgen(unchecked_param_type = "Pointer")] at: &JsValue,
    ) -> Result<JsValue, JsError> {
        self.0.definition(&take(at)?).map(|ranges| give(&ranges)).map_err(refuse)
    }

    /// Where it is named, and made.
    ///
    /// # Errors
    /// There is no such file or flow.
    #[wasm_bindgen(unchecked_return_type = "Range[]")]
    pub fn references(
        &self,
        #[wasm_bindgen(unchecked_param_type = "Pointer")] at: &JsValue,
    ) -> Result<JsValue, JsError> {
        self.0.references(&take(at)?).map(|ranges| give(&ranges)).map_err(refuse)
    }

    /// The edits that give it another name everywhere.
    ///
    /// # Errors
    /// It can't have this name.
    #[wasm_bindgen(unchecked_return_type = "Edit[]")]
    pub fn rename(
        &self,
        #[wasm_bindgen(unchecked_param_type = "Pointer")] at: &JsValue,
        name: &str,
    ) -> Result<JsValue, JsError> {
        self.0.rename(&take(at)?, name).map(|edits| give(&edits)).map_err(refuse)
    }

    /// Small notes beside the nodes of a text file.
    ///
    /// # Errors
    /// There is no such file.
    #[wasm_bindgen(unchecked_return_type = "Hint[]")]
    pub fn hints(&self, file: &str) -> Result<JsValue, JsError> {
        self.0.hints(file).map(|hints| give(&hints)).map_err(refuse)
    }

    /// What calls would do differently with another project.
    #[wasm_bindgen(unchecked_return_type = "Change[]")]
    #[must_use]
    pub fn diff(&self, after: &Project) -> JsValue {
        give(&self.0.diff(&after.0))
    }

    /// A recorded call again.
    ///
    /// # Errors
    /// The trace can't be read, or it isn't clear which flow is meant.
    #[wasm_bindgen(unchecked_return_type = "Replayed")]
    pub fn replay(&self, trace: &str) -> Result<JsValue, JsError> {
        self.0.replay(trace).map(|replayed| give(&replayed)).map_err(refuse)
    }
}

/// A simulated call, step by step. It goes on as it started, whatever becomes of the project.
#[wasm_bindgen]
pub struct Call(Session);

#[wasm_bindgen]
impl Call {
    /// The call as it is now.
    #[wasm_bindgen(unchecked_return_type = "CallView")]
    #[must_use]
    pub fn view(&self) -> JsValue {
        give(&self.0.view())
    }

    /// Answers what is asked, after so many milliseconds or the usual time: `key 1`, `timeout`, `ring answered`,
    /// `hung_up` …
    ///
    /// # Errors
    /// That is no answer to this question; the call is as it was.
    #[wasm_bindgen(unchecked_return_type = "CallView")]
    pub fn answer(&mut self, answer: &str, after_ms: Option<f64>) -> Result<JsValue, JsError> {
        self.0.answer(answer, after_ms.map(whole)).map_err(refuse)?;
        Ok(self.view())
    }

    /// The call's trace so far: `replay` takes it.
    #[must_use]
    pub fn trace(&self) -> String {
        self.0.trace()
    }
}

/// Milliseconds as JavaScript counts them. What isn't a time is none.
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "`as` keeps to the ends of the range"
)]
const fn whole(ms: f64) -> u64 {
    ms as u64
}

#[cfg(test)]
mod tests;
