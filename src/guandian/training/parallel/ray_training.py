"""Processes that train together on a cluster of Ray's."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

from guandian.cluster.ray_cluster import connected, share_of
from guandian.errors import GuandianError


def train_on_ray(
    work: Callable[[dict[str, Any]], None], config: dict[str, Any], folder: Path, count: int
) -> None:
    """Have Ray Train start processes that train together, each with its part of the cluster.

    Args:
        work: what each does, with torch's process group set up.
        config: to each; plain values.
        folder: of the run, which every machine sees; meanwhile Ray keeps files beside it.
        count: of the processes.

    Raises:
        GuandianError: a process has failed, or the cluster has no room for so many.
        KeyboardInterrupt: by Ctrl-C, of which Ray makes an exit without an error.
    """
    storage = folder.resolve().with_name(f"{folder.name}.ray")
    with connected(output=True) as have:
        if have["CPU"] < count:
            raise GuandianError(
                f"{count} processes need as many cores, and the cluster has {have['CPU']:.0f}",
                f"say --workers {have['CPU']:.0f} at most",
            )
        from ray.train import RunConfig, ScalingConfig
        from ray.train.torch import TorchConfig, TorchTrainer
        from ray.train.v2.api.exceptions import TrainingFailedError

        share = share_of(have, count)
        gpus = share.get("GPU", 0) >= 1
        if not gpus:
            share.pop("GPU", None)
        trainer = TorchTrainer(
            work,
            train_loop_config=config,
            torch_config=TorchConfig(backend="nccl" if gpus else "gloo"),
            scaling_config=ScalingConfig(
                num_workers=count, use_gpu=gpus, resources_per_worker=share
            ),
            run_config=RunConfig(name="workers", storage_path=str(storage)),
        )
        try:
            trainer.fit()
        except TrainingFailedError as error:
            raise GuandianError(
                f"a process of this training has failed: {_last_line(error)}",
                "see what it said above, then go on: the same command with --resume",
            ) from error
        except SystemExit as left:
            raise KeyboardInterrupt from left
        finally:
            shutil.rmtree(storage, ignore_errors=True)


def _last_line(error: Exception) -> str:
    lines = [line.strip() for line in str(error).splitlines() if line.strip()]
    return lines[-1] if lines else type(error).__name__
