//! A temporary folder in which the binary is run.

use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStderr, ChildStdout, Command, Stdio};
use std::sync::mpsc;
use std::time::Duration;

use serde_json::Value;
use tempfile::TempDir;

use crate::outcome::Outcome;

/// No command of these tests takes longer, however busy the machine is.
pub const PATIENCE: Duration = Duration::from_secs(90);

/// The repository.
pub fn repository() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// A folder with files, and the binary that is run in it.
pub struct Workplace {
    folder: TempDir,
    variables: Vec<(&'static str, &'static str)>,
}

impl Workplace {
    /// An empty one.
    pub fn new() -> Self {
        Self {
            folder: tempfile::tempdir().expect("a temporary folder can be made"),
            variables: Vec::new(),
        }
    }

    /// Sets a variable of the process environment.
    pub fn with_variable(mut self, name: &'static str, value: &'static str) -> Self {
        self.variables.push((name, value));
        self
    }

    /// The place of a file.
    pub fn path(&self, name: impl AsRef<Path>) -> PathBuf {
        self.folder.path().join(name)
    }

    /// Writes a file, with the folders above it.
    pub fn write(&self, name: &str, content: impl AsRef<[u8]>) {
        let path = self.path(name);
        let above = path.parent().expect("a file is in a folder");
        std::fs::create_dir_all(above).expect("the folder can be made");
        std::fs::write(path, content).expect("the file can be written");
    }

    /// Writes a JSON file.
    pub fn write_json(&self, name: &str, content: &Value) {
        self.write(name, content.to_string());
    }

    /// The bytes of a file.
    pub fn bytes(&self, name: impl AsRef<Path>) -> Vec<u8> {
        let path = self.path(name);
        std::fs::read(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
    }

    /// The text of a file.
    pub fn read(&self, name: impl AsRef<Path>) -> String {
        String::from_utf8(self.bytes(name)).expect("the file is UTF-8")
    }

    /// A JSON file.
    pub fn json(&self, name: impl AsRef<Path>) -> Value {
        serde_json::from_slice(&self.bytes(name)).expect("the file is JSON")
    }

    /// The events of a history file.
    pub fn events(&self, name: &str) -> Vec<Value> {
        self.read(name)
            .lines()
            .map(|line| serde_json::from_str(line).expect("a line is JSON"))
            .collect()
    }

    /// All files below a folder, with their bytes, sorted by path.
    pub fn files(&self, folder: &str) -> Vec<(String, Vec<u8>)> {
        let root = self.path(folder);
        let mut open = vec![root.clone()];
        let mut found = Vec::new();
        while let Some(folder) = open.pop() {
            for entry in std::fs::read_dir(&folder).expect("the folder can be listed") {
                let path = entry.expect("an entry can be read").path();
                if path.is_dir() {
                    open.push(path);
                } else {
                    let name = path.strip_prefix(&root).expect("it is below the folder");
                    let bytes = std::fs::read(&path).expect("the file can be read");
                    found.push((name.display().to_string(), bytes));
                }
            }
        }
        found.sort();
        found
    }

    /// `preflight` with these arguments, not started yet.
    pub fn command(&self, arguments: &[impl AsRef<OsStr>]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_preflight"));
        command.args(arguments);
        self.settle(&mut command);
        command
    }

    /// Gives `command` this folder, a clean environment and pipes of its own.
    pub fn settle(&self, command: &mut Command) {
        command
            .current_dir(self.folder.path())
            .env_clear()
            // A panic shows where it happened, and is looked for.
            .env("RUST_BACKTRACE", "1")
            .envs(self.variables.iter().copied())
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
    }

    /// Runs `preflight` with these arguments to its end.
    pub fn preflight(&self, arguments: &[impl AsRef<OsStr>]) -> Outcome {
        self.finish(self.command(arguments).spawn().expect("preflight starts"))
    }

    /// Runs a command line, split at spaces.
    pub fn line(&self, line: &str) -> Outcome {
        let arguments: Vec<&str> = line.split_whitespace().collect();
        self.preflight(&arguments)
    }

    /// Waits, within bounds, for a process to end.
    pub fn finish(&self, running: impl Into<Running>) -> Outcome {
        let running: Running = running.into();
        let id = running.id();
        let child = running.release();
        let (sender, receiver) = mpsc::channel();
        std::thread::spawn(move || sender.send(child.wait_with_output()));
        let Ok(output) = receiver.recv_timeout(PATIENCE) else {
            send("KILL", id);
            panic!("process {id} did not end within {PATIENCE:?}");
        };
        Outcome::new(&output.expect("the output can be read"), self.folder.path())
    }
}

/// A process that does not outlive its test, should that fail before its end.
pub struct Running(Option<Child>);

/// How long a process that is left may take to end with what it started.
const PARTING: Duration = Duration::from_secs(5);

impl Running {
    /// Starts a command.
    pub fn start(command: &mut Command) -> Self {
        Self::from(command.spawn().expect("the program starts"))
    }

    /// Its process id.
    pub fn id(&self) -> u32 {
        self.child().id()
    }

    /// Its standard output, once.
    pub fn stdout(&mut self) -> ChildStdout {
        let stdout = self.0.as_mut().and_then(|child| child.stdout.take());
        stdout.expect("stdout is a pipe that nobody took")
    }

    /// Its standard error, once.
    pub fn stderr(&mut self) -> ChildStderr {
        let stderr = self.0.as_mut().and_then(|child| child.stderr.take());
        stderr.expect("stderr is a pipe that nobody took")
    }

    fn child(&self) -> &Child {
        self.0.as_ref().expect("it is released only at the end")
    }

    fn release(mut self) -> Child {
        self.0.take().expect("it is released only at the end")
    }
}

impl From<Child> for Running {
    fn from(child: Child) -> Self {
        Self(Some(child))
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        let Some(mut child) = self.0.take() else {
            return;
        };
        // A test has failed: none of this may panic again.
        let id = child.id().to_string();
        let _ = Command::new("kill").args(["-TERM", &id]).status();
        let step = Duration::from_millis(10);
        let mut waited = Duration::ZERO;
        while waited < PARTING && matches!(child.try_wait(), Ok(None)) {
            std::thread::park_timeout(step);
            waited += step;
        }
        let _ = child.kill();
        let _ = child.wait();
    }
}

/// Sends a signal to a process.
pub fn send(signal: &str, process: u32) {
    let status = Command::new("kill")
        .args([format!("-{signal}"), process.to_string()])
        .status()
        .expect("kill starts");
    assert!(status.success(), "process {process} takes no {signal}");
}
