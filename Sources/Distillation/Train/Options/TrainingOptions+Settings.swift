import JSON

extension TrainingOptions {
  /// The options as a configuration file states them, by name; it takes one of steps and epochs.
  func settings() throws(DistillationError) -> [(name: String, value: String)] {
    var members = try members()
    if epochs != nil { members["steps"] = nil }
    return members.members.map { name, value in
      // A number of JSON need not hold all 64 bits.
      (name, name == "seed" ? "\(seed)" : value.text())
    }
  }

  /// The same for a page, of which they are a part that may be missing.
  var pageSettings: [(name: String, value: String)] { (try? settings()) ?? [] }
}
