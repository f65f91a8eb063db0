import Compute
import Foundation
import HuggingFace
import Inference
import TestSupport
import Testing
import Transformer

@testable import Distillation

/// A prompt of keys and values that starts from rows of several windows of a context.
@Suite struct KeyValuePartsTests {
  private static let frame = Frame(header: [0, 1], closing: [9])
  /// Windows of 12, 5 and 20 tokens.
  private static let parts = [12, 5, 20].map { length in
    Prefix(frame, .context((0..<length).map { 1 + ($0 * 7 + length) % 24 }))
  }

  private let folder: TemporaryFolder
  private let decoder: Decoder

  init() throws {
    folder = try TemporaryFolder()
    let model = try ModelFolder(at: TinyModel.write(in: folder))
    decoder = try Decoder.load(model, on: TestDevice.cpu.open(), precision: .f32)
  }

  private func teacher(_ part: Int) throws(DistillationError) -> PrefixedDecoder {
    do throws(TransformerError) {
      return try decoder.prefill(Self.parts[part], capacity: PrefixCapacity(rows: 8))
    } catch { throw .transformer(error) }
  }

  /// A row of a window: its index among all rows.
  private static func place(_ row: Int) -> (part: Int, row: Int) {
    row < 12 ? (0, row) : row < 17 ? (1, row - 12) : (2, row - 17)
  }

  @Test(arguments: [Initialization.first, .chunks], [3, 8, 14, 30])
  func everyRowIsThatOfItsWindow(kind: Initialization, count: Int) throws {
    var read: [Int] = []
    let prompt = try KeyValueSource.rows(
      kind, count: count, of: Self.parts, frame: Self.frame, longest: 8, otherRows: 0
    ) { (part) throws(DistillationError) in
      read.append(part)
      return try teacher(part)
    }
    let rows = kind == .first ? Array(0..<count) : KeyValueSource.chunks(of: 37, count: count)
    #expect(read == Set(rows.map { Self.place($0).part }).sorted())
    if kind == .chunks && count > 3 { #expect(read.count > 1 && rows.last == 36) }
    #expect(prompt.form.tokenCount == count)
    let shape = prompt.form.tensors[1].shape
    let (layers, width) = (shape[0], shape[2] * shape[3])
    for (index, row) in rows.enumerated() {
      let (part, own) = Self.place(row)
      let model = try teacher(part)
      let first = Self.frame.header.count + own
      let found = try model.keysValues(of: first..<(first + 1)).rotated(
        from: KeyPositions([first], isLong: false),
        to: KeyPositions([Self.frame.header.count + index], isLong: false),
        in: decoder.configuration)
      for tensor in 0..<2 {
        let all = prompt[prompt.form.tensors[tensor]]
        let one = found[found.form.tensors[tensor]]
        for layer in 0..<layers {
          let start = (layer * count + index) * width
          let expected = one[(layer * width)..<((layer + 1) * width)]
          #expect(zip(all[start..<(start + width)], expected).allSatisfy { abs($0 - $1) < 1e-5 })
        }
      }
    }
  }
}
