//! The JavaScript engine, and the only file that names it: QuickJS-NG through `rquickjs`.

use std::cell::RefCell;
use std::collections::HashMap;
use std::rc::Rc;
use std::sync::Arc;

use rquickjs::context::EvalOptions;
use rquickjs::function::{IntoArgs, Opt};
use rquickjs::{
    ArrayBuffer, CatchResultExt, CaughtError, Context, Ctx, FromJs, Function, Object, Persistent,
    Runtime, Value,
};

use super::desk::{Desk, HEAD_LINES, SaidAssertion, Watch};
use super::{ScriptResponse, SendError, library, platform};
use crate::event::Listen;

/// What QuickJS may use of the thread's stack, in bytes.
pub(super) const SCRIPT_STACK: usize = 4 * 1024 * 1024;

/// One runtime with one context, in which all scripts of a run are executed.
pub(super) struct Machine {
    // In this order: whatever holds on to JavaScript values goes before the context.
    compiled: HashMap<Script, Compiled>,
    rejections: Rejections,
    prelude: Persistent<Object<'static>>,
    context: Context,
    runtime: Runtime,
    desk: Rc<RefCell<Desk>>,
}

/// By what a compiled script is found again.
#[derive(Clone, PartialEq, Eq, Hash)]
struct Script {
    source: Arc<str>,
    name: String,
    event: Listen,
}

#[derive(Clone)]
struct Compiled {
    function: Persistent<Function<'static>>,
    /// The names that it is given besides `pm`, `require` and `console`.
    names: String,
}

/// Promises that were rejected while nobody listened, with what they were rejected with.
type Rejections = Rc<RefCell<Vec<(Persistent<Value<'static>>, Persistent<Value<'static>>)>>>;

/// Something went wrong below the scripts: name, message and stack.
pub(super) type Fault = [String; 3];

impl Machine {
    pub fn new(
        desk: &Rc<RefCell<Desk>>,
        watch: &Arc<Watch>,
        memory_limit: usize,
    ) -> Result<Self, Fault> {
        let runtime = Runtime::new().map_err(|error| fault(&error))?;
        runtime.set_memory_limit(memory_limit);
        runtime.set_max_stack_size(SCRIPT_STACK);
        let dog = Arc::clone(watch);
        runtime.set_interrupt_handler(Some(Box::new(move || dog.bark())));
        let rejections = Rejections::default();
        let noted = Rc::clone(&rejections);
        runtime.set_host_promise_rejection_tracker(Some(Box::new(
            move |ctx, promise, reason, handled| {
                let mut noted = noted.borrow_mut();
                if handled {
                    noted.retain(|(other, _)| {
                        other
                            .clone()
                            .restore(&ctx)
                            .is_ok_and(|other| other != promise)
                    });
                } else {
                    let promise = Persistent::save(&ctx, promise);
                    noted.push((promise, Persistent::save(&ctx, reason)));
                }
            },
        )));
        let context = Context::full(&runtime).map_err(|error| fault(&error))?;
        let prelude = context.with(|ctx| {
            let install = || -> rquickjs::Result<Persistent<Object<'static>>> {
                let host = host(&ctx, desk)?;
                let prelude = Object::new(ctx.clone())?;
                for (name, content) in library::prelude() {
                    let part = load(&ctx, name, content)?;
                    part.call::<_, ()>((host.clone(), prelude.clone()))?;
                }
                Ok(Persistent::save(&ctx, prelude))
            };
            install().catch(&ctx).map_err(|error| caught(&error))
        })?;
        Ok(Self {
            compiled: HashMap::new(),
            rejections,
            prelude,
            context,
            runtime,
            desk: Rc::clone(desk),
        })
    }

    /// Loads what most scripts need.
    pub fn warm(&self) -> Result<(), Fault> {
        self.call("warm", ())
    }

    /// Compiles the script on the desk, unless it is compiled already, and runs its own code up to
    /// the first wait.
    pub fn begin(&mut self, strict: bool) -> Result<(), Fault> {
        let (script, prerequest) = {
            let desk = self.desk.borrow();
            let job = desk
                .job
                .as_ref()
                .expect("the thread puts the job on the desk first");
            let script = Script {
                source: Arc::clone(&job.source),
                name: job.name.clone(),
                event: job.event,
            };
            (script, job.event == Listen::Prerequest)
        };
        let compiled = if let Some(compiled) = self.compiled.get(&script) {
            compiled.clone()
        } else {
            let compiled = self.compile(&script, prerequest, strict)?;
            self.compiled.insert(script, compiled.clone());
            compiled
        };
        self.with(|ctx, prelude| {
            let function = compiled.function.restore(ctx)?;
            let begin: Function = prelude.get("begin")?;
            begin.call((function, compiled.names, prerequest, strict))
        })
    }

    fn compile(&self, script: &Script, prerequest: bool, strict: bool) -> Result<Compiled, Fault> {
        let names: String = self.call("names", (script.source.as_ref(), prerequest, strict))?;
        let comma = if names.is_empty() { "" } else { "," };
        // newman's scripts may not wait at their top level.
        let kind = if strict && script.source.contains("await") {
            "async "
        } else {
            ""
        };
        // Two functions: a script may declare the names that it is given. Our head is a line of its
        // own, which `Desk` takes off again wherever lines are told.
        let text = format!(
            "(function(pm,require,console{comma}{names}){{return ({kind}function(){{
{}
}}).call(this)}})",
            script.source
        );
        let function = self.with(|ctx, _| {
            let function: Function = evaluate(ctx, &script.name, text.as_bytes())?;
            Ok(Persistent::save(ctx, function))
        });
        Ok(Compiled {
            function: function?,
            names,
        })
    }

    /// Runs all promise jobs; then tells of rejections that nobody listens to.
    pub fn drain(&self) -> Result<(), Fault> {
        loop {
            loop {
                match self.runtime.execute_pending_job() {
                    Ok(true) => {}
                    Ok(false) => break,
                    Err(exception) => {
                        return exception.0.with(|ctx| {
                            let error = CaughtError::from_error(&ctx, rquickjs::Error::Exception);
                            Err(caught(&error))
                        });
                    }
                }
            }
            let unheard = std::mem::take(&mut *self.rejections.borrow_mut());
            if unheard.is_empty() {
                return Ok(());
            }
            for (_, reason) in unheard {
                self.with(|ctx, prelude| {
                    let reason = reason.restore(ctx)?;
                    let rejected: Function = prelude.get("rejected")?;
                    rejected.call::<_, ()>((reason,))
                })?;
            }
        }
    }

    /// When the next timer is due, in milliseconds since 1970; negative without timers.
    pub fn due(&self) -> Result<f64, Fault> {
        self.call("due", ())
    }

    /// Whether the script waits for a timer that ends by itself.
    pub fn patient(&self) -> Result<bool, Fault> {
        self.call("patient", ())
    }

    /// Whether the script's own code has ended.
    pub fn ended(&self) -> Result<bool, Fault> {
        self.with(|_, prelude| prelude.get("ended"))
    }

    /// Fires the next timer.
    pub fn fire(&self) -> Result<(), Fault> {
        self.call("fire", ())
    }

    /// Answers `pm.sendRequest`.
    pub fn answer_send(
        &self,
        call: u64,
        answer: Result<ScriptResponse, SendError>,
    ) -> Result<(), Fault> {
        let (refused, json) = match answer {
            Ok(response) => {
                let json = response.definition().to_string();
                self.desk.borrow_mut().bodies.insert(call, response.body);
                (None, json)
            }
            Err(error) => {
                let mut json = serde_json::json!({ "message": error.message });
                if let Some(code) = error.code {
                    json["code"] = code.into();
                }
                (Some(json.to_string()), String::new())
            }
        };
        self.reply(call, refused, &json)
    }

    /// Answers a call about cookies or the vault.
    pub fn answer(
        &self,
        call: u64,
        answer: Result<serde_json::Value, String>,
    ) -> Result<(), Fault> {
        let (refused, json) = match answer {
            Ok(value) => (None, value.to_string()),
            Err(message) => (
                Some(serde_json::json!({ "message": message }).to_string()),
                String::new(),
            ),
        };
        self.reply(call, refused, &json)
    }

    fn reply(&self, call: u64, refused: Option<String>, json: &str) -> Result<(), Fault> {
        self.with(|ctx, prelude| {
            let refused = nullable(ctx, refused)?;
            let answer: Function = prelude.get("answer")?;
            answer.call((call, refused, json))
        })
    }

    /// Ends the script; gives the request if a prerequest script changed it.
    pub fn finish(&self, stopped: bool) -> Result<Option<String>, Fault> {
        self.call("finish", (stopped,))
    }

    fn call<A, R>(&self, name: &str, arguments: A) -> Result<R, Fault>
    where
        A: for<'js> IntoArgs<'js>,
        R: for<'js> FromJs<'js>,
    {
        self.with(|_, prelude| prelude.get::<_, Function>(name)?.call(arguments))
    }

    fn with<R>(
        &self,
        work: impl for<'js> FnOnce(&Ctx<'js>, &Object<'js>) -> rquickjs::Result<R>,
    ) -> Result<R, Fault> {
        self.context.with(|ctx| {
            let result = match self.prelude.clone().restore(&ctx) {
                Ok(prelude) => work(&ctx, &prelude),
                Err(error) => Err(error),
            };
            result.catch(&ctx).map_err(|error| caught(&error))
        })
    }
}

impl Drop for Machine {
    fn drop(&mut self) {
        // Also held by the runtime, which must not find JavaScript values there when it goes.
        self.rejections.borrow_mut().clear();
        self.compiled.clear();
    }
}

/// The function that a packed module is.
fn load<'js>(ctx: &Ctx<'js>, name: &str, content: &[u8]) -> rquickjs::Result<Function<'js>> {
    if library::BYTECODE {
        load_bytecode(ctx, content)
    } else {
        evaluate(ctx, name, content)
    }
}

/// The twin of `Compiler::compile` in `build.rs`.
#[expect(
    unsafe_code,
    reason = "the engine reads bytecode through its C interface only"
)]
fn load_bytecode<'js>(ctx: &Ctx<'js>, content: &[u8]) -> rquickjs::Result<Function<'js>> {
    use rquickjs::qjs;

    let raw = ctx.as_raw().as_ptr();
    let flags = i32::try_from(qjs::JS_READ_OBJ_BYTECODE).expect("flags are small");
    // SAFETY: the engine trusts bytecode. This was made by build.rs with the same version of the
    // engine for the same byte order and word size, and is part of the program. `JS_EvalFunction`
    // takes over what `JS_ReadObject` gives, and `from_raw` takes over the result.
    let value = unsafe {
        let read = qjs::JS_ReadObject(raw, content.as_ptr(), content.len() as _, flags);
        if qjs::JS_IsException(read) {
            return Err(rquickjs::Error::Exception);
        }
        let value = qjs::JS_EvalFunction(raw, read);
        if qjs::JS_IsException(value) {
            return Err(rquickjs::Error::Exception);
        }
        Value::from_raw(ctx.clone(), value)
    };
    Function::from_value(value)
}

fn evaluate<'js, R: FromJs<'js>>(ctx: &Ctx<'js>, name: &str, text: &[u8]) -> rquickjs::Result<R> {
    let mut options = EvalOptions::default();
    options.global = true;
    options.strict = false;
    options.filename = Some(name.to_owned());
    ctx.eval_with_options(text, options)
}

/// JavaScript's `null`, not `undefined`, for `None`.
fn nullable<'js>(ctx: &Ctx<'js>, text: Option<String>) -> rquickjs::Result<Value<'js>> {
    match text {
        Some(text) => Ok(rquickjs::String::from_str(ctx.clone(), &text)?.into_value()),
        None => Ok(Value::new_null(ctx.clone())),
    }
}

fn fault(error: &rquickjs::Error) -> Fault {
    ["InternalError".to_owned(), error.to_string(), String::new()]
}

fn caught(error: &CaughtError<'_>) -> Fault {
    match error {
        CaughtError::Exception(exception) => {
            let name = exception.as_object().get::<_, String>("name");
            [
                name.unwrap_or_else(|_| "Error".to_owned()),
                exception.message().unwrap_or_default(),
                exception.stack().unwrap_or_default(),
            ]
        }
        CaughtError::Value(value) => {
            let text = match value.as_string() {
                Some(text) => text.to_string().ok(),
                None => value.is_null().then(|| "null".to_owned()),
            };
            ["Error".to_owned(), text.unwrap_or_default(), String::new()]
        }
        CaughtError::Error(error) => fault(error),
    }
}

/// The functions through which the prelude reaches us.
fn host<'js>(ctx: &Ctx<'js>, desk: &Rc<RefCell<Desk>>) -> rquickjs::Result<Object<'js>> {
    let host = Object::new(ctx.clone())?;
    macro_rules! offer {
        ($name:literal, $function:expr) => {
            host.set($name, Function::new(ctx.clone(), $function)?)?;
        };
    }
    macro_rules! ask_desk {
        (|$desk:ident $(, $argument:ident: $kind:ty)*| $body:expr) => {{
            let shared = Rc::clone(desk);
            move |$($argument: $kind),*| {
                #[allow(unused_mut, reason = "some only read")]
                let mut $desk = shared.borrow_mut();
                $body
            }
        }};
    }
    offer!("now", ask_desk!(|desk| desk.now()));
    offer!("logical", ask_desk!(|desk| desk.clock.is_logical()));
    offer!("random", ask_desk!(|desk| desk.random.unit()));
    let shared = Rc::clone(desk);
    offer!("bytes", move |ctx: Ctx<'js>, count: usize| {
        let mut bytes = vec![0; count.min(65536)];
        shared.borrow_mut().random.fill(&mut bytes);
        ArrayBuffer::new(ctx, bytes)
    });
    // Each character of `bytes` is one byte: reading JavaScript's memory would need `unsafe`.
    offer!("decode", |bytes: String, label: String| {
        let bytes: Vec<u8> = bytes.chars().map(|byte| byte as u8).collect();
        platform::decode(&bytes, &label)
    });
    offer!(
        "bodyText",
        ask_desk!(|desk, call: u64| platform::decode(&desk.body(call), "utf-8"))
    );
    offer!("encode", |ctx: Ctx<'js>, text: String| {
        ArrayBuffer::new(ctx, text.into_bytes())
    });
    offer!("encodingName", |label: String| platform::encoding_name(
        &label
    ));
    offer!("url", |address: String, base: Opt<Option<String>>| {
        platform::url_parts(&address, base.0.flatten().as_deref())
    });
    offer!("urlWith", |href: String, part: String, value: String| {
        platform::url_with(&href, &part, &value)
    });
    offer!("entry", |name: String| index(library::entry(&name)));
    offer!("resolve", |from: usize, name: String| index(
        library::resolve(from, &name)
    ));
    offer!("load", |ctx: Ctx<'js>,
                    id: usize|
     -> rquickjs::Result<Function<'js>> {
        let (name, text) = library::module(id).ok_or(rquickjs::Error::Unknown)?;
        load(&ctx, name, text)
    });
    offer!(
        "part",
        ask_desk!(|desk, name: String| {
            desk.job
                .as_ref()
                .map_or_else(|| "null".to_owned(), |job| job.part(&name))
        })
    );
    let shared = Rc::clone(desk);
    offer!("body", move |ctx: Ctx<'js>, call: u64| {
        let body = shared.borrow().body(call);
        ArrayBuffer::new_copy(ctx, &body)
    });
    offer!(
        "scriptName",
        ask_desk!(|desk| {
            desk.job
                .as_ref()
                .map(|job| job.name.clone())
                .unwrap_or_default()
        })
    );
    offer!(
        "scriptLine",
        ask_desk!(|desk, line: usize| {
            let own = line.checked_sub(1 + HEAD_LINES as usize)?;
            Some(desk.job.as_ref()?.source.lines().nth(own)?.to_owned())
        })
    );
    let shared = Rc::clone(desk);
    offer!("assertion", move |name: String,
                              index: usize,
                              outcome: u8,
                              asynchronous: bool,
                              kind: String,
                              message: String,
                              stack: String| {
        shared.borrow_mut().assertion(SaidAssertion {
            name,
            index,
            outcome,
            asynchronous,
            kind,
            message,
            stack,
        });
    });
    offer!(
        "console",
        ask_desk!(|desk, level: String, text: String, arguments: String| {
            desk.console(&level, text, &arguments);
        })
    );
    offer!(
        "mutation",
        ask_desk!(|desk,
                   scope: String,
                   instruction: String,
                   key: String,
                   value: Option<String>,
                   kind: Option<String>| {
            desk.mutation(&scope, &instruction, key, value, kind);
        })
    );
    offer!(
        "next",
        ask_desk!(|desk, request: Option<String>| desk.next(request))
    );
    offer!("skip", ask_desk!(|desk| desk.outcome.skip_request = true));
    offer!(
        "error",
        ask_desk!(|desk, kind: String, message: String, stack: String| {
            desk.fail(kind, message, stack);
        })
    );
    offer!(
        "call",
        ask_desk!(|desk, kind: String, payload: String| desk.call(&kind, &payload))
    );
    Ok(host)
}

/// JavaScript's way to say "not found".
fn index(found: Option<usize>) -> i32 {
    found.and_then(|id| i32::try_from(id).ok()).unwrap_or(-1)
}
