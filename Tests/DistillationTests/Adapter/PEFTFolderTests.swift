import Foundation
import HuggingFace
import Inference
import Safetensors
import TestSupport
import Testing

@testable import Distillation

/// Folders of PEFT that others made, well and badly, for a model of two layers with one key/value
/// head of width 3.
@Suite struct PEFTFolderTests {
  private let folder: TemporaryFolder
  private var path: String { folder.url.path }
  private static let configuration = AdapterTests.configuration(width: 5)

  init() throws { folder = try TemporaryFolder() }

  private func write(
    _ members: String, shape: [Int] = [2, 12], elements: ElementType = .f32,
    values: [Float]? = nil, name: String = "prompt_embeddings"
  ) throws {
    try folder.write("adapter_config.json", "{\(members)}")
    let count = shape.reduce(1, *)
    let values = values ?? (0..<count).map { Float($0) / 8 }
    var bytes: [UInt8] = []
    for value in values {
      switch elements {
      case .bf16: bytes += Self.bytes(UInt16(value.roundedToBFloat16.bitPattern >> 16))
      case .f16: bytes += Self.bytes(Float16(value).bitPattern)
      case .i32: bytes += Self.bytes(Int32(value))
      default: bytes += Self.bytes(value.bitPattern)
      }
    }
    var writer = try SafetensorsWriter(
      to: folder.url.appending(path: "adapter_model.safetensors"),
      tensors: [(name, elements, shape)])
    try unsafe writer.append(bytes.span.bytes)
    try writer.finish()
  }

  private static func bytes(_ value: some FixedWidthInteger) -> [UInt8] {
    stride(from: 0, to: value.bitWidth, by: 8).map { UInt8(truncatingIfNeeded: value >> $0) }
  }

  private static let cartridge = """
    "peft_type": "CARTRIDGE", "num_virtual_tokens": 2, "num_layers": 2, "num_attention_heads": 1,
    "token_dim": 3, "num_frozen_tokens": 1
    """
  private static let prefix = cartridge.replacing("CARTRIDGE", with: "PREFIX_TUNING")

  @Test(arguments: [cartridge, prefix], [ElementType.f32, .f16, .bf16])
  func keysAndValuesAreRead(members: String, elements: ElementType) throws {
    try write(members, elements: elements)
    let found = try AdapterImport(at: folder.url, for: Self.configuration)
    let form = PromptForm.keysValues(layers: 2, count: 2, heads: 1, dimension: 3)
    // Row 0 holds 0 to 11 eighths: key and value of layer 0, then those of layer 1.
    let eighths: [Float] = [
      0, 1, 2, 12, 13, 14, 6, 7, 8, 18, 19, 20, 3, 4, 5, 15, 16, 17, 9, 10, 11, 21, 22, 23,
    ]
    #expect(found == .virtualTokens(LearnedPrompt(form: form, values: eighths.map { $0 / 8 })))
    let file = folder.url.appending(path: "adapter_model.safetensors")
    #expect(try AdapterImport(at: file, for: Self.configuration) == found)
  }

  @Test(arguments: [
    (
      prefix + #", "prefix_projection": true"#,
      "prefix_projection: expected false, keys and values that are trained themselves, found true"
    ),
    (
      cartridge.replacing("\"num_layers\": 2", with: "\"num_layers\": 3"),
      "num_layers: expected 2, the model's layers, found 3"
    ),
    (
      cartridge.replacing("\"num_attention_heads\": 1", with: "\"num_attention_heads\": 4"),
      "num_attention_heads: expected 1, the model's key/value heads, found 4"
    ),
    (
      cartridge.replacing("\"token_dim\": 3", with: "\"token_dim\": 4611686018427387904"),
      "token_dim: expected 3, the width of the model's keys, found 4611686018427387904"
    ),
    (
      cartridge.replacing("\"token_dim\": 3, ", with: ""),
      "token_dim: expected an integer, found nothing"
    ),
    (
      cartridge.replacing("tokens\": 2", with: "tokens\": 1000000000000"),
      "num_virtual_tokens: expected 2, the rows of adapter_model.safetensors, found 1000000000000"
    ),
    (
      cartridge.replacing("frozen_tokens\": 1", with: "frozen_tokens\": -1"),
      "num_frozen_tokens: expected 0 to 2, of the virtual tokens, found -1"
    ),
    (
      cartridge.replacing("frozen_tokens\": 1", with: "frozen_tokens\": 9223372036854775807"),
      "num_frozen_tokens: expected 0 to 2, of the virtual tokens, found 9223372036854775807"
    ),
    (
      cartridge.replacing("CARTRIDGE", with: "P_TUNING"),
      "peft_type: expected PROMPT_TUNING, CARTRIDGE or PREFIX_TUNING, found P_TUNING"
    ),
  ])
  func configurationsOfOtherAdaptersAreRefused(members: String, message: String) throws {
    try write(members)
    expectError("\(path)/adapter_config.json: \(message)") {
      try AdapterImport(at: folder.url, for: Self.configuration)
    }
  }

  @Test(arguments: [[2, 11], [24], [0, 12], [2, 2, 6]])
  func tensorsOfOtherShapesAreRefused(shape: [Int]) throws {
    try write(Self.cartridge, shape: shape)
    expectError(
      """
      \(path)/adapter_model.safetensors: expected prompt_embeddings of shape [tokens, 12], \
      keys and values of 2 layers with 1 heads of 3, found \(shape)
      """
    ) { try AdapterImport(at: folder.url, for: Self.configuration) }
  }

  @Test func otherTensorsAreRefused() throws {
    let file = "\(path)/adapter_model.safetensors"
    try write(Self.cartridge, name: "weight")
    expectError(
      """
      \(file): expected prompt_embeddings of shape [tokens, 12], keys and values of 2 layers with \
      1 heads of 3, found weight
      """
    ) { try AdapterImport(at: folder.url, for: Self.configuration) }
    try write(Self.cartridge, values: [.infinity] + [Float](repeating: 0, count: 23))
    expectError(
      "prompt_embeddings in \(file): expected finite numbers, found NaN or infinity at element 0"
    ) { try AdapterImport(at: folder.url, for: Self.configuration) }
    try write(Self.cartridge, elements: .i32)
    expectError("prompt_embeddings in \(file): expected F16, BF16, F32 or F64, found I32") {
      try AdapterImport(at: folder.url, for: Self.configuration)
    }
  }
}
