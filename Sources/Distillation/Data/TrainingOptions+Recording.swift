import Safetensors

extension TrainingOptions {
  /// Checks that these are the options that a checkpoint was made with.
  ///
  /// - Throws: ``DistillationError/changedSinceCheckpoint(checkpoint:what:recorded:found:)`` with
  ///   the name of the first option that is another.
  package func check(against recorded: TrainingOptions, checkpoint: String)
    throws(DistillationError)
  {
    let (before, now) = (try recorded.members(), try members())
    let names = Set(before.keys).union(now.keys).sorted()
    for name in names where before[name] != now[name] {
      throw .changedSinceCheckpoint(
        checkpoint: checkpoint, what: "--\(name)", recorded: before[name]?.text() ?? "its default",
        found: now[name]?.text() ?? "its default")
    }
  }

  /// The options as a JSON object under the names of the command line.
  package func members() throws(DistillationError) -> JSONObject {
    let bytes = try RecordCoding.encode(self)
    guard case .object(let object)? = try? JSON(parsing: bytes) else { return JSONObject() }
    return object
  }
}
