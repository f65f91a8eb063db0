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

  @Test func rowsAreSharedByTokens() {
    #expect(MatchedStart.shares(of: 37, [12, 5, 20]) == [12, 5, 20])
    #expect(MatchedStart.shares(of: 8, [12, 5, 20]) == [2, 1, 5])
    #expect(MatchedStart.shares(of: 1, [12, 5, 20]) == [0, 0, 1])
    for count in 1...37 {
      let shares = MatchedStart.shares(of: count, [12, 5, 20])
      #expect(shares.reduce(0, +) == count)
      #expect(zip(shares, [12, 5, 20]).allSatisfy(<=), "\(count)")
    }
  }

  /// A match over all windows: after it, the student is nearer to the teachers of the windows than
  /// after rows of theirs.
  @Test(arguments: [6, 14]) func aMatchIsNearerThanRows(count: Int) throws {
    let examples = Self.parts.indices.map { part in
      (0..<4).map { number in
        Example(
          prompt: (0..<3).map { 1 + ($0 * 5 + number * 3 + part) % 24 },
          response: (0..<3).map { 1 + ($0 * 11 + number * 7 + part) % 24 }, span: part)
      }
    }
    var read: [Int] = []
    let matched = try MatchedStart(decoder, parts: Self.parts, frame: Self.frame, seed: 1).prompt(
      count: count, examples: examples, isLong: false
    ) { (part) throws(TransformerError) in
      read.append(part)
      return try decoder.prefill(Self.parts[part], capacity: PrefixCapacity(rows: 8))
    }
    #expect(read == [0, 1, 2, 0, 1, 2])
    let rows = try KeyValueSource.rows(
      .chunks, count: count, of: Self.parts, frame: Self.frame, longest: 8, otherRows: 0,
      read: teacher)
    func divergence(_ prompt: LearnedPrompt) throws -> Double {
      let student = try decoder.prefill(
        Prefix(Self.frame, .prompt(prompt)), capacity: PrefixCapacity(rows: 8))
      return try Self.parts.indices.reduce(0) { sum, part in
        let alone = examples[part].map {
          Example(prompt: $0.prompt, response: $0.response)
        }
        let judge = try Judge.scoring(alone, by: teacher(part))
        return sum + (try judge.compare(student).kl)
      }
    }
    let (near, far) = (try divergence(matched), try divergence(rows))
    #expect(near < 0.9 * far, "\(near), \(far)")
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
