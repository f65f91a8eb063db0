import Foundation
import JSON

/// What `adapter_config.json` of a LoRA adapter says of the factor of its updates. Variants that
/// are no sum W + s B A are refused by name.
struct LoRASettings: Sendable {
  private let alpha: Double
  private let isRankStabilized: Bool
  private let rank: Int
  /// Other alphas and ranks, by the end of a module's name.
  private let alphas: [(module: String, number: Double)]
  private let ranks: [(module: String, number: Double)]
  /// The ends of the names of updated modules; none where they are a pattern, or not stated.
  let targets: [String]

  /// Reads the settings.
  ///
  /// - Throws: where they are damaged, or of a variant that is not an update of matrices alone.
  init(_ config: JSONNode) throws(JSONReadingError) {
    let kind: String = try config.required("peft_type")
    guard kind == "LORA" else {
      throw config.failure(expected: "LORA", found: kind, at: "peft_type")
    }
    try Self.refuseVariants(config)
    alpha = try Self.finite(config.required("lora_alpha"), config, "lora_alpha")
    isRankStabilized = try config.optional("use_rslora") ?? false
    rank = try config.required("r")
    alphas = try Self.numbers("alpha_pattern", config)
    ranks = try Self.numbers("rank_pattern", config)
    let members = try config.members()
    targets =
      if case .array(let names) = members["target_modules"] ?? .null {
        names.compactMap { if case .string(let name) = $0 { name } else { nil } }
      } else { [] }
  }

  /// Whether a target is this module.
  static func isTarget(_ target: String, _ module: String) -> Bool {
    module == target || module.hasSuffix(".\(target)")
  }

  /// r of a module.
  func rank(of module: String) -> Int {
    Self.number(of: module, in: ranks).flatMap { Int(exactly: $0) } ?? rank
  }

  /// s: alpha / r, or rank-stabilised alpha / sqrt(r) (Kalajdzievski 2023, arXiv:2312.03732).
  func factor(of module: String, rank: Int) -> Float {
    let (alpha, rank) = (Self.number(of: module, in: alphas) ?? alpha, Double(rank))
    return Float(alpha / (isRankStabilized ? rank.squareRoot() : rank))
  }

  private static func number(
    of module: String, in numbers: [(module: String, number: Double)]
  ) -> Double? {
    numbers.first { isTarget($0.module, module) }?.number
  }

  /// Members that must be absent, null, false or empty, with what they would add.
  private static let variants = [
    ("use_dora", "false: DoRA also scales the rows of W"),
    ("lora_bias", "false"), ("use_qalora", "false"), ("use_bdlora", "null"),
    ("modules_to_save", "null: modules that are replaced"),
    ("trainable_token_indices", "null"), ("target_parameters", "null"),
    ("layer_replication", "null"), ("alora_invocation_tokens", "null"), ("arrow_config", "null"),
    ("kasa_config", "null"), ("monteclora_config", "null"),
  ]

  /// Starts of a training that leave W as it was.
  private static let starts: Set = ["gaussian", "eva", "orthogonal"]

  private static func refuseVariants(_ config: JSONNode) throws(JSONReadingError) {
    let members = try config.members()
    for (key, expected) in variants {
      switch members[key] ?? .null {
      case .null, .bool(false): continue
      case .array(let elements) where elements.isEmpty: continue
      case .object(let object) where object.members.isEmpty: continue
      case let value: throw config.failure(expected: expected, found: value.kind, at: key)
      }
    }
    let bias: String = try config.optional("bias") ?? "none"
    guard bias == "none" else {
      throw config.failure(expected: "none", found: bias, at: "bias")
    }
    if case .string(let start) = members["init_lora_weights"] ?? .null, !starts.contains(start) {
      throw config.failure(
        expected: "a start that leaves the model's weights as they are", found: start,
        at: "init_lora_weights")
    }
  }

  private static func numbers(
    _ key: String, _ config: JSONNode
  ) throws(JSONReadingError) -> [(module: String, number: Double)] {
    guard let patterns: JSONNode = try config.optional(key) else { return [] }
    var numbers: [(module: String, number: Double)] = []
    for module in try patterns.keys() {
      guard module.allSatisfy({ $0.isLetter || $0.isNumber || $0 == "_" || $0 == "." }) else {
        throw patterns.failure(
          expected: "the end of a module's name", found: "a pattern", at: module)
      }
      numbers.append((module, try finite(patterns.required(module), patterns, module)))
    }
    return numbers
  }

  private static func finite(
    _ value: Double, _ node: JSONNode, _ key: String
  ) throws(JSONReadingError) -> Double {
    guard value.isFinite else {
      throw node.failure(expected: "a finite number", found: "\(value)", at: key)
    }
    return value
  }
}
