internal import CUDA
import Foundation
import JSON

/// The algorithms that cuBLASLt chose on one kind of device, in a file: a line of JSON for each, in
/// the order of their choice, so that later runs multiply with the same and repeat to the bit.
///
/// The file's name says what an algorithm depends on beside the multiplication: the device, its
/// architecture and multiprocessors, and the library's version.
struct MatmulAlgorithmFile {
  typealias Entry = (key: MatmulKey, algorithm: MatmulAlgorithm)

  let path: String

  /// The file in a folder; nil without cuBLASLt.
  init?(in folder: URL, of device: CUDA.DeviceDescription) {
    guard let version = try? device.matmul.get() else { return nil }
    let name = TuningRecord.Identity.fileName([
      device.name, "sm_\(device.architecture)", "\(device.computeUnits)", "cuBLASLt \(version)",
    ])
    path = folder.appendingPathComponent("\(name).jsonl").path
  }

  /// The entries, each key once and with its last algorithm, and the number of all lines and of
  /// those that are no entries.
  func read() -> (entries: [Entry], lines: Int, invalid: Int) {
    guard let bytes = OwnFile.contents(of: path) else { return ([], 0, 0) }
    let lines = bytes.split(separator: UInt8(ascii: "\n"))
    var entries: [Entry] = []
    var places: [MatmulKey: Int] = [:]
    var invalid = 0
    for line in lines {
      guard let record = try? JSON(parsing: Array(line)).decode(MatmulAlgorithmRecord.self),
        let entry = record.entry
      else {
        invalid += 1
        continue
      }
      if let place = places[entry.key] {
        entries[place] = entry
      } else {
        places[entry.key] = entries.count
        entries.append(entry)
      }
    }
    return (entries, lines.count, invalid)
  }

  /// Adds an entry.
  func append(_ key: MatmulKey, _ algorithm: MatmulAlgorithm) {
    OwnFile.append(Self.line(key, algorithm), to: path)
  }

  /// Replaces all entries.
  func replace(with entries: [Entry]) {
    OwnFile.replace(path, with: entries.flatMap { Self.line($0.key, $0.algorithm) })
  }

  private static func line(_ key: MatmulKey, _ algorithm: MatmulAlgorithm) -> [UInt8] {
    guard let json = try? JSON(encoding: MatmulAlgorithmRecord(key, algorithm)) else { return [] }
    return Array((json.text(.record(isIndented: false)) + "\n").utf8)
  }
}

/// A line of the file.
private struct MatmulAlgorithmRecord: Codable {
  var rows: Int
  var outputs: Int
  var inputs: Int
  var element: String
  var backward: Bool
  var bias: Bool
  var addend: Bool
  var scaled: Bool
  /// Nil where rows have no gaps.
  var inputStride: Int?
  var outputStride: Int?
  var alignments: [Int]
  /// Words in hexadecimal.
  var algorithm: [String]

  private enum CodingKeys: String, CodingKey {
    case rows, outputs, inputs, element, backward, bias, addend, scaled, alignments, algorithm
    case inputStride = "input_stride"
    case outputStride = "output_stride"
  }

  init(_ key: MatmulKey, _ algorithm: MatmulAlgorithm) {
    let shape = key.shape
    rows = shape.rows
    outputs = shape.outputs
    inputs = shape.inputs
    element = shape.element.rawValue
    backward = shape.isBackward
    bias = shape.hasBias
    addend = shape.hasAddend
    scaled = shape.isScaled
    inputStride = shape.inputStride == shape.inner ? nil : shape.inputStride
    outputStride = shape.outputStride == shape.width ? nil : shape.outputStride
    alignments = key.alignments
    self.algorithm = algorithm.words.map { String($0, radix: 16) }
  }

  /// Nil if it is no entry: a file may hold anything.
  var entry: MatmulAlgorithmFile.Entry? {
    let words = algorithm.compactMap { UInt64($0, radix: 16) }
    let sizes = 1...Int(Int32.max)
    let (width, inner) = backward ? (inputs, outputs) : (outputs, inputs)
    let strides = (input: inputStride ?? inner, output: outputStride ?? width)
    guard words.count == algorithm.count, let algorithm = MatmulAlgorithm(words: words),
      let element = CUDA.MatmulShape.Element(rawValue: element),
      [rows, outputs, inputs, strides.input, strides.output].allSatisfy({ sizes ~= $0 }),
      strides.input >= inner, strides.output >= width, !(backward && bias),
      alignments.count == 5,
      alignments.allSatisfy({ 1...256 ~= $0 && $0.nonzeroBitCount == 1 })
    else { return nil }
    let shape = CUDA.MatmulShape(
      rows: rows, outputs: outputs, inputs: inputs, element: element, isBackward: backward,
      hasBias: bias, hasAddend: addend, isScaled: scaled, inputStride: strides.input,
      outputStride: strides.output)
    return (MatmulKey(shape, alignments: alignments), algorithm)
  }
}

extension TuningStore {
  /// Has an engine's multiplications run with the stored algorithms, and keeps those that the
  /// library chooses from now on. Entries that it refuses, and lines that are none, are dropped:
  /// returns that in one line.
  func applyAlgorithms(to gpu: GPUEngine) -> String? {
    guard let folder, case .cuda(let context, let library?) = gpu.runtime,
      let file = MatmulAlgorithmFile(in: folder, of: context.description)
    else { return nil }
    let stored = file.read()
    // The newest, if the file has grown too long; half of them, so that this is rare.
    let isLong = stored.lines > Matmul.largestMemory
    var entries = isLong ? stored.entries.suffix(Matmul.largestMemory / 2) : stored.entries[...]
    let refused = Set((try? library.adopt(Array(entries))) ?? entries.map(\.key))
    entries.removeAll { refused.contains($0.key) }
    let dropped = refused.count + stored.invalid
    if isLong || dropped > 0 { file.replace(with: Array(entries)) }
    var hasFolder = stored.lines > 0
    library.onChoice = { key, algorithm in
      if !hasFolder {
        try? FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        hasFolder = true
      }
      file.append(key, algorithm)
    }
    var found: [String] = []
    if stored.invalid > 0 {
      found.append("dropped \(Counted(stored.invalid, "line")) that cannot be read")
    }
    if !refused.isEmpty {
      found.append(
        "\(Counted(refused.count, "algorithm")) of matrix multiplications that cuBLASLt does not "
          + "take: chosen anew")
    }
    return found.isEmpty ? nil : "\(file.path): \(found.joined(separator: ", and "))"
  }
}
