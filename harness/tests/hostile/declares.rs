//! The reference binder with one capability more or less than it has, or than it says.

use std::io::{self, BufRead};
use std::process::ExitCode;

use harness::served::reference::ReferenceBinder;
use rustix::process::Signal;
use serde_json::{Value as Json, json};
use subject::protocol::answer;

use super::misbehave::{die_of, say};

/// The reference binder, which declares this capability, or not, and has it, or not:
/// `denies` declares it, and answers `unsupported` where it is asked for it;
/// `pretends` declares it, and answers as if nobody had asked for it;
/// `hides` does not declare it, and has it;
/// `lacks` does not declare it, and answers `unsupported`; `shams` as if nobody had asked for it;
/// `dies` does not declare it, and dies where it is asked for it.
pub(crate) fn run(how: &str, capability: &str) -> ExitCode {
    let mut subject = ReferenceBinder::default();
    let declares = matches!(how, "denies" | "pretends");
    for line in io::stdin().lock().lines() {
        let Ok(line) = line else { break };
        let mut request: Json = serde_json::from_str(&line).expect("a request");
        let id = request["id"].clone();
        let asked = is_asked_for(capability, &request);
        match how {
            "denies" | "lacks" if asked => {
                let reply =
                    json!({"id": id, "is": "unsupported", "message": "not in this version"});
                say(&reply.to_string());
                continue;
            }
            "dies" if asked => die_of(Signal::SEGV),
            "pretends" | "shams" if asked => {
                if let Some(reply) = pretend(how, capability, &mut request) {
                    say(&with_id(reply, &id));
                    continue;
                }
            }
            _ => {}
        }
        let (reply, is_last) = answer(&mut subject, &request.to_string());
        let mut reply: Json = serde_json::from_str(&reply).expect("a reply");
        if reply["is"] == "raced" && (how, capability) == ("shams", "threads") {
            let rows = reply["rows"].as_array_mut().expect("rows");
            let rows = rows.iter_mut().filter_map(Json::as_array_mut);
            rows.for_each(|row| row.extend(row.clone()));
        }
        if reply["is"] == "ready" {
            let all = reply["capabilities"].as_array_mut().expect("a list");
            all.retain(|declared| declared != capability);
            if declares {
                all.push(capability.into());
            }
        }
        if capability == "closed-handles" && reply["code"] == "handle-closed" {
            match how {
                "denies" | "lacks" => {
                    reply = json!({"is": "unsupported", "message": "not in this version"});
                }
                "pretends" | "shams" => reply = json!({"is": "value", "value": null}),
                "dies" => die_of(Signal::SEGV),
                _ => {}
            }
            reply["id"] = id;
        }
        let parts: &[&str] = match capability {
            "paths" => &["path"],
            "refusal-places" => &["offset", "form"],
            "argument-places" => &["argument"],
            _ => &[],
        };
        if !matches!(how, "hides" | "dies")
            && let Some(fields) = reply.as_object_mut()
        {
            parts.iter().for_each(|part| drop(fields.remove(*part)));
        }
        say(&reply.to_string());
        if is_last {
            break;
        }
    }
    ExitCode::SUCCESS
}

fn with_id(mut reply: Json, id: &Json) -> String {
    reply["id"] = id.clone();
    reply.to_string()
}

/// Whether a request is one that only the capability can answer.
fn is_asked_for(capability: &str, request: &Json) -> bool {
    match capability {
        "counters" => request["do"] == "counters",
        "collect" => request["do"] == "collect" || request["collect"] == true,
        "force-path" => request["force_general"] == true,
        "engines" => request["other_engine"] == true,
        "libraries" => request["library"].is_string() && request["do"] == "bind",
        "threads" => {
            request["do"] == "race" || request["do"] == "repeat" && request["threads"] != 1
        }
        "unload" => {
            let what = request["do"].as_str().unwrap_or_default();
            matches!(what, "open" | "let-go" | "unload" | "unload-during")
                || request["opened"].is_number()
        }
        "bind-race" => request["do"] == "bind-race",
        "raising-readers" => request["do"] == "raise",
        // What is dropped is there again where nobody lets go of it.
        "dropped-streams" => request["do"] == "forget",
        "one-array" => has_argument(request, "same"),
        "views" => has_argument(request, "view"),
        "callbacks" => has_argument(request, "function"),
        "callback-types" => {
            has_argument(request, "function") && request["arguments"][1]["long"] == "2"
        }
        "raising-callbacks" => {
            has_argument(request, "function") && request.to_string().contains("\"raise\"")
        }
        "foreign-threads" => {
            has_argument(request, "function") && request["arguments"][1]["long"] == "6"
        }
        "kept-callbacks" => {
            let what = request["do"].as_str().unwrap_or_default();
            matches!(what, "make" | "heard" | "release") || has_argument(request, "kept")
        }
        "by-value" => binds(request, "[:by-value "),
        "unions" => binds(request, "[:by-value Number]"),
        "packed" => binds(request, "[:by-value PackedPair]"),
        "complex" => binds(request, "[:by-value ComplexDouble]"),
        "long-double" => binds(request, "[:by-value :f80]"),
        "int128" => binds(request, "[:by-value :i128]"),
        "variadics" => binds(request, " ... "),
        "cstrings" => binds(request, "[:cstring"),
        "lengths" => binds(request, "[:counted "),
        "in-out" => binds(request, "[:in-out "),
        "errno" => request["do"] == "errno" || request["errno"] == true,
        "set-errno" => request["do"] == "errno" && request["set"].is_number(),
        // Which handle is closed, and which path it is, is part of another answer.
        _ => false,
    }
}

/// Whether it binds a signature with these words.
fn binds(request: &Json, words: &str) -> bool {
    let signature = request["signature"].as_str();
    request["do"] == "bind" && signature.is_some_and(|text| text.contains(words))
}

fn has_argument(request: &Json, tag: &str) -> bool {
    let arguments = request["arguments"].as_array();
    arguments.is_some_and(|arguments| arguments.iter().any(|one| one.get(tag).is_some()))
}

/// What who has it not says without saying so: an answer, or the request as it understands it.
fn pretend(how: &str, capability: &str, request: &mut Json) -> Option<Json> {
    match capability {
        "counters" => {
            Some(json!({"is": "counters", "scopes": 0, "scope_bytes": 0, "open_scopes": 0}))
        }
        "collect" | "dropped-streams" => Some(json!({"is": "done"})),
        "raising-readers" => Some(json!({"is": "raised", "items": [], "error": request["error"]})),
        "bind-race" => Some(json!({"is": "bind-raced", "rows": []})),
        // A function that is taken and not called.
        "callbacks" | "callback-types" | "raising-callbacks" | "foreign-threads" => {
            Some(json!({"is": "value", "value": null}))
        }
        // An object that nobody ever calls.
        "kept-callbacks" => Some(match request["do"].as_str() {
            Some("make") => json!({"is": "made", "kept": "0"}),
            Some("heard") => json!({"is": "heard", "calls": []}),
            Some("release") => json!({"is": "done"}),
            _ => json!({"is": "value", "value": null}),
        }),
        "by-value" | "variadics" | "cstrings" | "lengths" | "in-out" => {
            let (written, read) = match capability {
                // A struct that is returned through an address, which the callee knows nothing of.
                "by-value" => ("[:by-value WordDouble]", "WordDouble"),
                // A float where an integer is, as if C promoted to a word.
                "variadics" => ("... x :f64", "x :i64"),
                // What is at the address, and no more.
                "cstrings" => ("[:cstring]", "[:optional [:ptr :const :u8]]"),
                "lengths" => ("[:counted n :const :f64]", "[:optional [:ptr :const :f64]]"),
                // An array of the caller's.
                _ => ("[:in-out :i64]", "[:ptr :i64]"),
            };
            let signature = request["signature"].as_str().unwrap_or_default();
            request["signature"] = signature.replace(written, read).into();
            None
        }
        // What crosses by its address, or through one.
        "unions" | "packed" | "complex" | "long-double" | "int128" => {
            let signature = request["signature"].as_str().unwrap_or_default();
            request["signature"] = signature
                .replace("[:by-value ", "")
                .replace("] :ret", " :ret")
                .replace("]]", "]")
                .into();
            None
        }
        // An array of its own each, and the whole of it.
        "one-array" | "views" => {
            let mut arguments = request["arguments"].take();
            for at in 0..arguments.as_array().map_or(0, Vec::len) {
                if let Some(other) = arguments[at]["same"].as_str() {
                    let other: usize = other.parse().expect("an index");
                    arguments[at] = arguments[other].clone();
                }
                if let Some([element, all, ..]) =
                    arguments[at]["view"].as_array().map(Vec::as_slice)
                {
                    arguments[at] = json!({"array": [element, all]});
                }
            }
            request["arguments"] = arguments;
            None
        }
        "unload" => match request["do"].as_str() {
            Some("open") => Some(json!({"is": "opened", "library": 0})),
            Some("bind") => {
                request["opened"] = Json::Null;
                None
            }
            Some("unload-during") => {
                Some(json!({"is": "unloading", "unloaded": true, "calls": []}))
            }
            _ => Some(json!({"is": "done"})),
        },
        "errno" if request["do"] == "errno" => Some(json!({"is": "errno", "value": 0})),
        "force-path" | "engines" | "libraries" | "errno" | "set-errno" => {
            let (field, value) = match capability {
                "errno" => ("errno", false.into()),
                "set-errno" => ("set", Json::Null),
                "force-path" => ("force_general", false.into()),
                "engines" => ("other_engine", false.into()),
                _ => ("library", Json::Null),
            };
            request[field] = value;
            None
        }
        _ => {
            let threads = request["threads"].take().as_u64().unwrap_or(1);
            request["threads"] = 1.into();
            // One after the other, as often as it is asked for: the arm `threads` alone cannot tell.
            if request["do"] == "repeat" && how == "shams" {
                request["rounds"] = (request["rounds"].as_u64().unwrap_or(0) * threads).into();
            }
            None
        }
    }
}
