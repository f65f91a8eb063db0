// swift-tools-version: 6.2
import PackageDescription

let strict: [SwiftSetting] = [
  .swiftLanguageMode(.v6),
  .strictMemorySafety(),
  .treatAllWarnings(as: .error),
]

/// Tests and campaigns are compiled without optimisation, which takes a third of the time; the
/// reference arithmetic of TestSupport, and all that is tested, is optimised. Nothing imports their
/// modules: their interfaces are not compiled a second time, ahead of the rest. The index, in which
/// the package manager looks for tests, leaves out the system's modules.
let tests =
  strict + [
    .unsafeFlags(["-Onone", "-no-emit-module-separately-wmo", "-index-ignore-system-modules"])
  ]

/// MPI is needed, to build and to run, with the package trait alone.
let withMPI = TargetDependencyCondition.when(traits: ["MPI"])

/// The name that pkg-config has for it: on Debian and Ubuntu `mpi` is the default of those that are
/// installed, and Open MPI and MPICH have their own, `ompi` and `mpich`, everywhere.
let mpi = Context.environment["PITH_MPI"] ?? "mpi"

/// Sources first, tests after; an arrow may never run upward (README, "How it is built"). A target
/// names every module that it imports: what is only reached through another is not compiled anew
/// when its types change.
let package = Package(
  name: "pith",
  products: [
    .executable(name: "train-gpu", targets: ["train-gpu"]),
    .executable(name: "pith-bench", targets: ["pith-bench"]),
  ],
  traits: [
    .trait(name: "MPI", description: "Share out runs over the ranks of an MPI job.")
  ],
  dependencies: [
    .package(url: "https://github.com/apple/swift-argument-parser", exact: "1.8.2"),
    .package(url: "https://github.com/apple/swift-log", exact: "1.16.2"),
    .package(url: "https://github.com/jpsim/Yams", exact: "6.2.2"),
  ],
  targets: [
    .systemLibrary(
      name: "COpenCL", pkgConfig: "OpenCL",
      providers: [.apt(["ocl-icd-opencl-dev", "opencl-headers"])]),
    .systemLibrary(
      name: "CBLAS", pkgConfig: "openblas", providers: [.apt(["libopenblas-dev"])]),
    .systemLibrary(
      name: "CMPI", pkgConfig: mpi,
      providers: [.apt([mpi == "mpich" ? "libmpich-dev" : "libopenmpi-dev"])]),
    .target(name: "CKernels"),
    .target(name: "CArithmetic"),
    .target(name: "CCUDA"),
    .target(name: "CSignals"),
    .target(name: "CHashing"),
    .target(name: "CTerminal"),
    .target(name: "OpenCL", dependencies: ["COpenCL"], swiftSettings: strict),
    .target(name: "CUDA", dependencies: ["CCUDA"], swiftSettings: strict),
    .target(name: "Files", dependencies: ["CHashing", "CSignals"], swiftSettings: strict),
    .target(
      name: "Ranks", dependencies: [.target(name: "CMPI", condition: withMPI)],
      swiftSettings: strict),
    .target(name: "JSON", dependencies: ["Files"], swiftSettings: strict),
    .target(name: "Arguments", dependencies: ["JSON"], swiftSettings: strict),
    .target(name: "Weights", dependencies: ["CArithmetic"], swiftSettings: strict),
    .target(
      name: "Compute",
      dependencies: ["CUDA", "OpenCL", "CKernels", "CArithmetic", "CBLAS", "JSON", "Weights"],
      swiftSettings: strict),
    .target(name: "Safetensors", dependencies: ["Files", "JSON"], swiftSettings: strict),
    .target(name: "GGUF", dependencies: ["Files", "JSON", "Weights"], swiftSettings: strict),
    .target(name: "Jinja", dependencies: ["JSON"], swiftSettings: strict),
    .target(name: "Tokenizers", dependencies: ["JSON"], swiftSettings: strict),
    .target(
      name: "HuggingFace",
      dependencies: ["Files", "GGUF", "JSON", "Jinja", "Safetensors", "Tokenizers", "Weights"],
      swiftSettings: strict),
    .target(
      name: "Transformer",
      dependencies: ["Compute", "HuggingFace", "JSON", "Safetensors", "Weights"],
      swiftSettings: strict),
    .target(
      name: "Inference", dependencies: ["Compute", "HuggingFace", "Transformer"],
      swiftSettings: strict),
    .target(
      name: "Distillation",
      dependencies: [
        "Compute", "Files", "HuggingFace", "Inference", "JSON", "Ranks", "Safetensors",
        "Tokenizers", "Transformer", "Weights",
      ],
      swiftSettings: strict),
    .executableTarget(
      name: "train-gpu",
      dependencies: [
        "Arguments", "CSignals", "CTerminal", "CUDA", "Compute", "Distillation", "Files",
        "HuggingFace", "JSON", "OpenCL", "Ranks", "Safetensors", "Transformer", "Weights",
        .product(name: "ArgumentParser", package: "swift-argument-parser"),
        .product(name: "Logging", package: "swift-log"),
        .product(name: "Yams", package: "Yams"),
      ],
      swiftSettings: strict),
    .target(
      name: "TestSupport",
      dependencies: ["CUDA", "Compute", "Files", "JSON", "OpenCL", "Weights"],
      path: "Tests/TestSupport",
      swiftSettings: strict),
    .executableTarget(
      name: "pith-bench",
      dependencies: [
        "Arguments", "Compute", "Distillation", "Files", "HuggingFace", "Inference", "Ranks",
        "TestSupport", "Transformer", "Weights",
        .product(name: "ArgumentParser", package: "swift-argument-parser"),
      ],
      path: "Benchmarks", exclude: ["README.md", "gpu.sh", "growth.py", "peer"],
      swiftSettings: strict),
    .executableTarget(
      name: "pith-campaign",
      dependencies: [
        "Compute", "HuggingFace", "Inference", "TestSupport", "Transformer",
        .product(name: "ArgumentParser", package: "swift-argument-parser"),
      ],
      path: "Tests/Campaigns", exclude: ["Faults/fault_injection.c"], swiftSettings: tests),
    .testTarget(
      name: "OpenCLTests", dependencies: ["OpenCL", "TestSupport"], swiftSettings: tests),
    .testTarget(
      name: "CUDATests", dependencies: ["CKernels", "CUDA", "Compute", "TestSupport", "Weights"],
      swiftSettings: tests),
    .testTarget(
      name: "WeightsTests", dependencies: ["Safetensors", "Weights"], swiftSettings: tests),
    .testTarget(
      name: "ComputeTests", dependencies: ["CUDA", "Compute", "OpenCL", "TestSupport", "Weights"],
      swiftSettings: tests),
    .testTarget(
      name: "FilesTests", dependencies: ["Files", "TestSupport"], swiftSettings: tests),
    .testTarget(name: "RanksTests", dependencies: ["Ranks"], swiftSettings: tests),
    .testTarget(
      name: "JSONTests", dependencies: ["JSON", "TestSupport"], swiftSettings: tests),
    .testTarget(
      name: "SafetensorsTests", dependencies: ["CSignals", "Files", "Safetensors", "TestSupport"],
      swiftSettings: tests),
    .testTarget(
      name: "GGUFTests", dependencies: ["Files", "GGUF", "TestSupport", "Weights"],
      swiftSettings: tests),
    .testTarget(
      name: "JinjaTests", dependencies: ["JSON", "Jinja", "TestSupport"], swiftSettings: tests),
    .testTarget(
      name: "TokenizersTests", dependencies: ["JSON", "TestSupport", "Tokenizers"],
      swiftSettings: tests),
    .testTarget(
      name: "HuggingFaceTests",
      dependencies: [
        "Files", "GGUF", "HuggingFace", "JSON", "Safetensors", "TestSupport", "Tokenizers",
      ],
      swiftSettings: tests),
    .testTarget(
      name: "TransformerTests",
      dependencies: [
        "Compute", "HuggingFace", "Inference", "JSON", "Safetensors", "TestSupport",
        "Transformer", "Weights",
      ],
      swiftSettings: tests),
    .testTarget(
      name: "InferenceTests", dependencies: ["Inference", "TestSupport"], swiftSettings: tests),
    .testTarget(
      name: "DistillationTests",
      dependencies: [
        "Compute", "Distillation", "Files", "HuggingFace", "Inference", "JSON", "Safetensors",
        "TestSupport", "Tokenizers", "Transformer", "Weights",
      ],
      swiftSettings: tests),
    .testTarget(
      name: "CommandTests",
      dependencies: [
        "train-gpu", "pith-campaign", "Arguments", "Compute", "Distillation", "Files", "JSON",
        "Safetensors",
        "TestSupport",
        .product(name: "ArgumentParser", package: "swift-argument-parser"),
        .product(name: "Logging", package: "swift-log"),
      ],
      swiftSettings: tests),
  ],
  cLanguageStandard: .c2x
)
