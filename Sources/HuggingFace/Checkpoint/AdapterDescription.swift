import JSON

/// What an adapter's folder says that it is.
struct AdapterDescription {
  /// `PROMPT_TUNING`, `LORA` and so on.
  var kind: String?
  /// The model that it was made for.
  var model: String?

  /// Reads `adapter_config.json`; what it lacks or has in another form stays nil.
  init(_ config: JSONNode? = nil) {
    kind = (try? config?.optional("peft_type")) ?? nil
    model = (try? config?.optional("base_model_name_or_path")) ?? nil
  }

  /// For "found" in a message.
  var description: String {
    let base = model.map { $0.isEmpty ? "its model" : $0 } ?? "its model"
    let isMerged = kind.map { $0.contains("LORA") || $0 == "LOHA" || $0 == "LOKR" } ?? false
    return "an adapter\(kind.map { " (\($0))" } ?? "") without a model; "
      + (isMerged
        ? "load it on \(base) in PEFT, merge it with merge_and_unload and save the model"
        : "name the model, \(base), and this folder as its adapter")
  }
}
