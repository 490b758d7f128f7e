"""What tests ask through a door."""

import os
from pathlib import Path


def read_sample(host, sample_id):
    integration = host.integration
    host.tell(sample_id)
    return integration.sample("validation", sample_id).inputs["x"].tolist()


def read_whose(host, sample_id="good-8"):
    return host.integration.sample("validation", sample_id).metadata["whose"]


def where(host):
    return Path.cwd(), os.environ["PATH"]


def read_model(host):
    return host.model.format


def process_id(host):
    return os.getpid()
