/// The kind of a file by its first bytes, for the message about a file of the wrong kind.
///
/// Only kinds with a signature are recognised: nil may be any text, or other bytes.
package enum FileKind: Sendable, Equatable {
  case empty
  /// The text that git writes instead of a large file where git-lfs is not installed.
  case gitLFSPointer
  /// The error message of a server instead of a file; its first line.
  case serverMessage(String)
  case htmlPage
  case xml
  case rtf
  case pdf
  case utf16
  case utf32
  case gzip
  case zip
  case otherCompression(String)
  case tar
  case gguf
  case pickle
  case numpy
  case hdf5
  case parquet
  case arrow
  case sqlite
  case officeDocument
  case image
  case program
  /// Bytes of which one is 0, as no text has it: the first such, from 1.
  case binary(Int)

  /// The kind of a whole file that should be a text: as ``init(_:)``, or bytes of which one is 0.
  package init?(ofText bytes: [UInt8]) {
    if let kind = FileKind(bytes) {
      self = kind
    } else if let zero = bytes.firstIndex(of: 0) {
      self = .binary(zero + 1)
    } else {
      return nil
    }
  }

  /// Recognises the kind of a file.
  ///
  /// - Parameter bytes: the file, or its first bytes; ``prefixLength`` of them are enough.
  package init?(_ bytes: [UInt8]) {
    if bytes.isEmpty {
      self = .empty
      return
    }
    let start = Array(bytes.prefix(Self.prefixLength))
    for (mark, kind) in Self.marks where start.starts(with: mark) {
      self = kind
      return
    }
    if start.dropFirst(Self.tarMark.offset).starts(with: Self.tarMark.bytes) {
      self = .tar
    } else if Self.isUTF16(start) {
      self = .utf16
    } else if let kind = Self.textKind(start) {
      self = kind
    } else {
      return nil
    }
  }

  /// How many bytes are looked at.
  package static let prefixLength = 512

  /// Whether the file is a text all the same, which someone may mean as it is.
  package var isText: Bool {
    switch self {
    case .htmlPage, .xml, .serverMessage: true
    default: false
    }
  }

  /// The kind without what to do about it, for a message that says that itself.
  package var title: String { Self.title(description) }

  /// A description without what to do.
  package static func title(_ description: String) -> String {
    description.firstRange(of: "; ").map { String(description[..<$0.lowerBound]) } ?? description
  }

  /// The kind with what to do about it, for "found" in a message.
  package var description: String {
    switch self {
    case .empty: "an empty file; fetch it again"
    case .gitLFSPointer:
      "a Git LFS pointer; \"git lfs pull\" in its folder fetches the file that it stands for"
    case .serverMessage(let text): "a server's message, \"\(text)\"; fetch the file again"
    case .htmlPage: "an HTML page; download the file itself, not the page that shows it"
    case .xml: "an XML document"
    case .rtf: "a document in RTF; save it as plain text"
    case .pdf: "a PDF document; pdftotext takes the text out of it"
    case .utf16: "text in UTF-16; save it in UTF-8, for example with iconv -f UTF-16 -t UTF-8"
    case .utf32: "text in UTF-32; save it in UTF-8, for example with iconv -f UTF-32 -t UTF-8"
    case .gzip: "gzip data; unpack it with gunzip"
    case .zip: "a ZIP archive, as documents and PyTorch's files are too; unpack it"
    case .otherCompression(let name): "\(name) data; unpack it"
    case .tar: "a tar archive; unpack it"
    case .gguf: "a GGUF file of llama.cpp; name it as the model"
    case .pickle:
      "a pickle of Python; load the model in transformers and save it with save_pretrained"
    case .numpy: "an array of NumPy"
    case .hdf5: "an HDF5 file"
    case .parquet: "a Parquet file; to_json(path, lines=True) of pandas or datasets writes JSONL"
    case .arrow: "an Arrow file; to_json(path, lines=True) of pandas or datasets writes JSONL"
    case .sqlite: "an SQLite database"
    case .officeDocument: "an office document; save it as plain text"
    case .image: "an image"
    case .program: "a program"
    case .binary(let place): "no text but binary data: byte \(place) is 0"
    }
  }
}

extension FileKind {
  private static let marks: [(bytes: [UInt8], kind: FileKind)] = [
    (Array("version https://git-lfs.github.com/spec/".utf8), .gitLFSPointer),
    ([0x1F, 0x8B], .gzip),
    (Array("PK\u{3}\u{4}".utf8), .zip),
    (Array("BZh".utf8), .otherCompression("bzip2")),
    ([0xFD] + Array("7zXZ\0".utf8), .otherCompression("xz")),
    ([0x28, 0xB5, 0x2F, 0xFD], .otherCompression("zstd")),
    ([0x04, 0x22, 0x4D, 0x18], .otherCompression("LZ4")),
    ([0x37, 0x7A, 0xBC, 0xAF, 0x27, 0x1C], .otherCompression("7z")),
    (Array("%PDF-".utf8), .pdf),
    (Array("{\\rtf".utf8), .rtf),
    ([0xD0, 0xCF, 0x11, 0xE0, 0xA1, 0xB1, 0x1A, 0xE1], .officeDocument),
    (Array("GGUF".utf8), .gguf),
    (Array("PAR1".utf8), .parquet),
    (Array("ARROW1".utf8), .arrow),
    ([0x89] + Array("HDF\r\n".utf8), .hdf5),
    (Array("SQLite format 3\0".utf8), .sqlite),
    ([0x93] + Array("NUMPY".utf8), .numpy),
    ([0x80, 0x02], .pickle), ([0x80, 0x03], .pickle), ([0x80, 0x04], .pickle),
    ([0x80, 0x05], .pickle),
    ([0x7F] + Array("ELF".utf8), .program),
    ([0x89] + Array("PNG".utf8), .image), ([0xFF, 0xD8, 0xFF], .image),
    (Array("GIF8".utf8), .image),
    ([0xFF, 0xFE, 0, 0], .utf32), ([0, 0, 0xFE, 0xFF], .utf32),
    ([0xFF, 0xFE], .utf16), ([0xFE, 0xFF], .utf16),
  ]

  private static let tarMark = (offset: 257, bytes: Array("ustar".utf8))

  /// The beginnings of error messages that curl or wget save instead of a file.
  private static let refusals = [
    "Entry not found", "Repository not found", "Invalid username or password", "Access to model",
    "Not Found", "404", "Forbidden", "Unauthorized", "Internal Server Error",
  ]

  /// Letters of ASCII with a zero on the same side of each, without a byte order mark.
  private static func isUTF16(_ bytes: [UInt8]) -> Bool {
    let units = bytes.count / 2
    guard units >= 4 else { return false }
    return [0, 1].contains { zero in
      (0..<units).allSatisfy { bytes[2 * $0 + zero] == 0 && bytes[2 * $0 + 1 - zero] != 0 }
    }
  }

  private static func textKind(_ bytes: [UInt8]) -> FileKind? {
    let text = String(decoding: bytes, as: UTF8.self)
      .drop { $0.isWhitespace || $0 == "\u{FEFF}" }
    let lowered = text.lowercased()
    if lowered.hasPrefix("<!doctype html") || lowered.hasPrefix("<html") { return .htmlPage }
    if lowered.hasPrefix("<?xml") { return .xml }
    let line = text.prefix { !$0.isNewline }
    let isRefusal = refusals.contains { line.hasPrefix($0) }
    return isRefusal && line.count < 100 ? .serverMessage(String(line)) : nil
  }
}

extension FileKind: CustomStringConvertible {}
