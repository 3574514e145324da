package main

type sentView struct{ ID string }

func (sh *shell) node() (folder, *client, error) { return folder{}, nil, nil }
