//go:build !linux

package main

func clockSynced() (synced, known bool) { return false, false }
