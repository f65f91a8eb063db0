import Foundation

extension Checkpoint {
  /// What a folder has instead of a shard that its index names.
  static func insteadOf(_ shard: String, among listed: Set<String>, in folder: URL) -> String {
    let names = (try? FileManager.default.contentsOfDirectory(atPath: folder.path)) ?? []
    let there = listed.intersection(names)
    if !there.isEmpty {
      return "no such file; \(there.count) of the \(listed.count) shards "
        + "\(there.count == 1 ? "is" : "are") there, so fetch the rest"
    }
    let others = ModelFiles(names).otherSafetensors(than: listed)
    guard let other = others.first else {
      return "no shard; fetch the \(listed.count) that the index names"
    }
    return
      "\(other)\(others.count > 1 ? " and \(others.count - 1) more" : ""), which the index does "
      + "not name; fetch the index that belongs to them"
  }

  /// What a model has instead of a tensor: the same one under a longer name, or in another form.
  static func insteadOf(tensor name: String, among names: some Collection<String>) -> String {
    let stem = name.hasSuffix(".weight") ? String(name.dropLast(".weight".count)) : name
    if let longer = names.filter({ $0.hasSuffix("." + name) }).min() {
      let prefix = String(longer.dropLast(name.count))
      return "\(longer); \(advice(onPrefix: prefix))"
    }
    if let part = names.filter({ $0.contains(".base_layer.") || $0.contains(".lora_A.") }).min() {
      return "\(part), of a model with a LoRA in it; merge it with merge_and_unload of PEFT and "
        + "save it again"
    }
    let packed = ["qweight", "weight_packed", "weight_scale", "weight.absmax", "scales", "SCB"]
    for ending in packed {
      if let found = names.filter({ $0.hasSuffix("\(stem).\(ending)") }).min() {
        return "\(found), a quantised weight; take the model in f32, bf16 or f16"
      }
    }
    return "none"
  }

  private static func advice(onPrefix prefix: String) -> String {
    switch prefix {
    case "_orig_mod.":
      "torch.compile put \(prefix) before its names, so save the model that is in it"
    case "base_model.model.":
      "PEFT put \(prefix) before its names, so save the model of merge_and_unload or get_base_model"
    case "module.":
      "DataParallel put \(prefix) before its names, so save the model that is in it"
    default: "take \(prefix) away from its names"
    }
  }
}
